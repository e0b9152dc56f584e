using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace OnnxEmbed.Tensors;

/// <summary>
/// Writes safetensors files. The same tensors and metadata give the same bytes, whatever their order: tensors lie as the reference
/// implementation lays them out (largest element type first, then by name), metadata keys are sorted, and the header is padded with blanks
/// so that the data begin at a multiple of 8 bytes.
/// </summary>
public static class SafetensorsWriter
{
    private const int ChunkLength = 1 << 20;

    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a file, which appears when it is complete.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">What to write.</param>
    /// <param name="metadata">Texts to keep under <c>__metadata__</c>, for instance format = pt, which PyTorch's loaders expect.</param>
    /// <param name="force">Whether an existing file is replaced.</param>
    /// <exception cref="OptionException">The file exists and <paramref name="force"/> is not set.</exception>
    /// <exception cref="ArgumentException">A tensor is named <c>__metadata__</c>, which the format reserves.</exception>
    public static void Write(
        string path,
        IReadOnlyDictionary<string, TensorData> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        bool force = false)
    {
        KeyValuePair<string, TensorData>[] ordered =
        [
            .. tensors.OrderByDescending(entry => SafetensorsTypes.RankOf(entry.Value.ElementType)).ThenBy(entry => entry.Key, StringComparer.Ordinal),
        ];
        byte[] header = Header(ordered, metadata);
        using AtomicOutput output = AtomicOutput.File(path, force);
        using (SafeFileHandle handle = File.OpenHandle(output.TemporaryPath, FileMode.CreateNew, FileAccess.Write))
        {
            RandomAccess.Write(handle, header, 0);
            long offset = header.Length;
            foreach ((_, TensorData tensor) in ordered)
            {
                for (long start = 0; start < tensor.ByteLength; start += ChunkLength)
                {
                    int count = (int)Math.Min(ChunkLength, tensor.ByteLength - start);
                    RandomAccess.Write(handle, tensor.Slice(start, count), offset + start);
                }

                offset += tensor.ByteLength;
            }
        }

        output.Commit();
    }

    private static byte[] Header(KeyValuePair<string, TensorData>[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        ArrayBufferWriter<byte> json = new();
        using (Utf8JsonWriter writer = new(json, JsonOptions))
        {
            writer.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                writer.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                {
                    writer.WriteString(key, value);
                }

                writer.WriteEndObject();
            }

            long offset = 0;
            foreach ((string name, TensorData tensor) in tensors)
            {
                if (name == "__metadata__")
                {
                    throw new ArgumentException("safetensors reserves the name __metadata__, a tensor cannot have it", nameof(tensors));
                }

                writer.WriteStartObject(name);
                writer.WriteString("dtype", SafetensorsTypes.NameOf(tensor.ElementType));
                writer.WriteStartArray("shape");
                foreach (long extent in tensor.Shape)
                {
                    writer.WriteNumberValue(extent);
                }

                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(offset);
                offset += tensor.ByteLength;
                writer.WriteNumberValue(offset);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        int padded = (json.WrittenCount + 7) & ~7;
        byte[] header = new byte[8 + padded];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)padded);
        header.AsSpan(8).Fill((byte)' ');
        json.WrittenSpan.CopyTo(header.AsSpan(8));
        return header;
    }
}
