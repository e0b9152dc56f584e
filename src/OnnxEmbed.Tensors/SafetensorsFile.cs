using System.Buffers.Binary;

namespace OnnxEmbed.Tensors;

/// <summary>
/// A safetensors file, mapped: opening reads the header only. Format: 8 bytes of header length (little-endian), a JSON header, the data
/// (https://github.com/huggingface/safetensors/blob/v0.4.5/README.md#format). Everything the format demands is checked: lengths, offsets,
/// no gap, no overlap, no name twice.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    /// <summary>Largest header that the reference implementation reads: 100 MB.</summary>
    internal const long MaximumHeaderLength = 100_000_000;

    private readonly MappedFile _file;

    private SafetensorsFile(MappedFile file, SafetensorsHeader header)
    {
        _file = file;
        Tensors = header.Tensors;
        Metadata = header.Metadata;
    }

    /// <summary>Full path of the file.</summary>
    public string Path => _file.Path;

    /// <summary>The tensors by name, readable until the file is disposed of.</summary>
    public IReadOnlyDictionary<string, TensorData> Tensors { get; }

    /// <summary>The text entries under <c>__metadata__</c>; empty where there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="SafetensorsException">The file is not valid safetensors.</exception>
    public static SafetensorsFile Open(string path)
    {
        MappedFile file = MappedFile.Open(path);
        try
        {
            if (file.Length < 8)
            {
                throw new SafetensorsException(file.Path, $"needs at least 8 bytes of safetensors header length, got {file.Length} bytes");
            }

            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.Slice(0, 8));
            if (length > (ulong)Math.Min(MaximumHeaderLength, file.Length - 8))
            {
                throw new SafetensorsException(
                    file.Path,
                    $"needs a safetensors header of at most {Math.Min(MaximumHeaderLength, file.Length - 8)} bytes, its length says {length}");
            }

            return new SafetensorsFile(file, SafetensorsHeader.Read(file, (int)length));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
