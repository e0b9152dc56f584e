using Google.Protobuf;
using OnnxEmbed.Onnx.Files;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx;

/// <content>Writing.</content>
public sealed partial class OnnxModel
{
    /// <summary>
    /// Writes the model, with a data file <c>NAME_data</c> beside it where the options or its size ask for one. A model that was read and not
    /// changed gives the bytes that it was read from; the files appear when they are complete.
    /// </summary>
    /// <exception cref="OptionException">A file exists without <see cref="OnnxWriteOptions.Force"/>, or the model is too large for one file.</exception>
    public void Save(string path, OnnxWriteOptions? options = null)
    {
        options ??= new OnnxWriteOptions();
        if (KeepsLayout(path, options))
        {
            List<PlannedFile> files = [new(System.IO.Path.GetFileName(path), _file!.Length)];
            files.AddRange(_external!.Files.Select(entry => new PlannedFile(entry.Key, entry.Value.Length)));
            using OnnxFileOutput copy = new(path, files, options.Force);
            copy.CopyFrom(_file, 0, 0, 0, _file.Length);
            for (int i = 1; i < files.Count; i++)
            {
                copy.CopyFrom(_external.Files[files[i].Name], 0, i, 0, files[i].Length);
            }

            copy.Commit();
            return;
        }

        OnnxFilePlan plan = ModelLayout.Compose(this, path, options);
        using OnnxFileOutput output = plan.Create(options.Force);
        foreach ((string name, PlannedRange range) in plan.Tensors)
        {
            output.Write(range, Tensors[name]);
        }

        output.Commit();
    }

    /// <summary>The model as bytes of one file, for an inference session.</summary>
    /// <exception cref="OptionException">It passes 2 GB.</exception>
    public byte[] ToBytes()
    {
        OnnxFilePlan plan = ModelLayout.Compose(this, "model.onnx", new OnnxWriteOptions { ExternalData = ExternalDataMode.Never });
        byte[] bytes = new byte[plan.Files[0].Length];
        plan.Fill(bytes);
        foreach ((string name, PlannedRange range) in plan.Tensors)
        {
            Tensors[name].Slice(0, (int)range.Length).CopyTo(bytes.AsSpan((int)range.Offset, (int)range.Length));
        }

        return bytes;
    }

    /// <summary>
    /// Lays out the files that <see cref="Save"/> would write, so that tensors of the same names, types and shapes but other values can be
    /// written to their places. Where the layout of the files that the model was read from is kept, all bytes but those of the tensors are
    /// theirs; it is given up where a float tensor lies there in a form that has no fixed length.
    /// </summary>
    /// <exception cref="OptionException">The model is too large for one file.</exception>
    public OnnxFilePlan Plan(string path, OnnxWriteOptions? options = null)
    {
        options ??= new OnnxWriteOptions();
        return (KeepsLayout(path, options) ? ModelLayout.Splice(this, path, _file!, _external!.Files) : null)
            ?? ModelLayout.Compose(this, path, options);
    }

    private bool KeepsLayout(string path, OnnxWriteOptions options)
    {
        if (_file is null || !Proto.ToByteString().Equals(_graphAsRead))
        {
            return false;
        }

        string dataName = System.IO.Path.GetFileName(path) + ModelLayout.DataSuffix;
        bool fits = options.ExternalData switch
        {
            ExternalDataMode.Auto => true,
            ExternalDataMode.Never => !HasExternalData,
            _ => Tensors.All(entry => entry.Value.ByteLength <= OnnxWriteOptions.ExternalThreshold
                || (Locations[entry.Key] is { Storage: TensorStorage.External } location && location.File == dataName)),
        };

        // Under another name in the same directory the model needs a data file of its own; elsewhere it keeps the names.
        bool elsewhere = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) != System.IO.Path.GetDirectoryName(_file.Path);
        return fits && (elsewhere || _external!.Files.Keys.All(name => name == dataName));
    }
}
