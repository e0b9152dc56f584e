using System.Globalization;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Files;

/// <summary>
/// Opens the external data files of a model, each once. A location is a relative path inside the model's directory; absolute paths, <c>..</c>
/// and symbolic links that lead out of it are refused (https://github.com/onnx/onnx/blob/v1.17.0/docs/ExternalData.md), so that a model from
/// a stranger cannot read other files.
/// </summary>
internal sealed class ExternalDataFiles(string modelPath) : IDisposable
{
    private const int MaximumLinks = 40;

    private readonly string _directory = Path.GetDirectoryName(Path.GetFullPath(modelPath))!;
    private readonly Dictionary<string, MappedFile> _files = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, MappedFile> Files => _files;

    /// <summary>Finds the bytes of a tensor whose data_location is EXTERNAL.</summary>
    public (TensorData Data, TensorLocation Location) Read(TensorProto tensor)
    {
        (string location, long offset, long? length) = Entries(tensor);
        MappedFile file = Open(location, tensor.Name);
        long needed = TensorDecoder.BytesOf(tensor, modelPath);
        if (length is { } stated && stated != needed)
        {
            throw new OnnxFormatException(
                modelPath,
                tensor.Name,
                $"{((ElementType)tensor.DataType).ShortName()}[{string.Join(", ", tensor.Dims)}] needs {needed} bytes of external data, its length says {stated}");
        }

        if (offset > file.Length - needed)
        {
            throw new OnnxFormatException(
                modelPath, tensor.Name, $"needs bytes [{offset}, {(decimal)offset + needed}) of '{location}', which has {file.Length}");
        }

        TensorData data = TensorData.FromMapped((ElementType)tensor.DataType, [.. tensor.Dims], file, offset);
        return (data, new TensorLocation(TensorStorage.External, location, offset, needed));
    }

    public void Dispose()
    {
        foreach (MappedFile file in _files.Values)
        {
            file.Dispose();
        }
    }

    private (string Location, long Offset, long? Length) Entries(TensorProto tensor)
    {
        string? location = null;
        long? offset = null;
        long? length = null;
        foreach (StringStringEntryProto entry in tensor.ExternalData)
        {
            switch (entry.Key)
            {
                case "location" when location is null:
                    location = entry.Value;
                    break;
                case "offset" when offset is null:
                    offset = Number(entry, tensor);
                    break;
                case "length" when length is null:
                    length = Number(entry, tensor);
                    break;
                case "location" or "offset" or "length":
                    throw new OnnxFormatException(modelPath, tensor.Name, $"has the external data key '{entry.Key}' twice");
            }
        }

        return location is null
            ? throw new OnnxFormatException(modelPath, tensor.Name, "has external data without a location")
            : (location, offset ?? 0, length);
    }

    private long Number(StringStringEntryProto entry, TensorProto tensor) =>
        long.TryParse(entry.Value, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new OnnxFormatException(modelPath, tensor.Name, $"needs a whole number as {entry.Key} of its external data, got '{entry.Value}'");

    private MappedFile Open(string location, string tensor)
    {
        if (_files.TryGetValue(location, out MappedFile? known))
        {
            return known;
        }

        string path = Resolve(location, tensor);
        try
        {
            MappedFile file = MappedFile.Open(path);
            _files.Add(location, file);
            return file;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new OnnxFormatException(modelPath, tensor, $"needs the external data file '{location}' beside the model, there is none", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new OnnxFormatException(modelPath, tensor, $"needs the external data file '{location}', it cannot be read", exception);
        }
    }

    private string Resolve(string location, string tensor)
    {
        string[] parts = location.Split('/', '\\');
        if (location.Length == 0 || Path.IsPathRooted(location) || location.Contains(':', StringComparison.Ordinal)
            || location.Contains('\0', StringComparison.Ordinal) || parts.Any(part => part is "" or ".."))
        {
            throw new OnnxFormatException(
                modelPath, tensor, $"needs an external data file inside the model's directory, got the location '{location}'");
        }

        string path = _directory;
        Queue<string> remaining = new(location.Split('/'));
        for (int links = 0; remaining.TryDequeue(out string? part);)
        {
            path = Path.Combine(path, part);
            if (new FileInfo(path).LinkTarget is not { } target)
            {
                continue;
            }

            string full = Path.GetFullPath(target, Path.GetDirectoryName(path)!);
            string inside = Path.GetRelativePath(_directory, full);
            if (++links > MaximumLinks || Path.IsPathRooted(inside) || inside.Split('/', '\\')[0] == "..")
            {
                throw new OnnxFormatException(
                    modelPath, tensor, $"needs an external data file inside the model's directory, '{location}' is a link to {full}; copy the file there");
            }

            // The target may run through links itself: walk it from the directory again.
            remaining = new(inside.Split('/', '\\').Concat(remaining));
            path = _directory;
        }

        return path;
    }
}
