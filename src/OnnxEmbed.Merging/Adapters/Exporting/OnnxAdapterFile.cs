using Google.FlatBuffers;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Adapters.Exporting;

/// <summary>
/// Writes ONNX Runtime's <c>.onnx_adapter</c>: a FlatBuffer with the identifier TORT, format version 1
/// (https://github.com/microsoft/onnxruntime/blob/v1.20.0/onnxruntime/lora/adapter_format/adapter_schema.fbs). The schema has two tables,
/// so they are written by their slots instead of by generated code.
/// </summary>
internal static class OnnxAdapterFile
{
    /// <summary>Extension of such files.</summary>
    public const string Extension = ".onnx_adapter";

    private const int FormatVersion = 1;
    private const int DataAlignment = 8;

    // A FlatBuffer's offsets are 32 bits wide.
    private const long MostBytes = int.MaxValue - (1 << 20);

    /// <summary>Writes tensors under the names of the graph inputs that take them.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="parameters">Names and values.</param>
    /// <param name="adapterVersion">The adapter's own version number.</param>
    /// <param name="modelVersion">Version number of the model it belongs to.</param>
    /// <exception cref="DataException">The tensors pass 2 GB.</exception>
    public static void Write(string path, IReadOnlyList<(string Name, TensorData Value)> parameters, int adapterVersion = 1,
        int modelVersion = 1)
    {
        long bytes = parameters.Sum(parameter => parameter.Value.ByteLength + parameter.Name.Length + 256);
        if (bytes > MostBytes)
        {
            throw new DataException($"{path}: needs an adapter of at most {MostBytes} bytes, got {bytes}");
        }

        FlatBufferBuilder builder = new((int)bytes + 1024);
        int[] tables = [.. parameters.Select(parameter => Add(builder, parameter.Name, parameter.Value))];
        builder.StartVector(sizeof(int), tables.Length, sizeof(int));
        for (int i = tables.Length - 1; i >= 0; i--)
        {
            builder.AddOffset(tables[i]);
        }

        VectorOffset all = builder.EndVector();
        builder.StartTable(4);
        builder.AddOffset(3, all.Value, 0);
        builder.AddInt(2, modelVersion, 0);
        builder.AddInt(1, adapterVersion, 0);
        builder.AddInt(0, FormatVersion, 0);
        builder.Finish(builder.EndTable(), "TORT");
        ArraySegment<byte> buffer = builder.DataBuffer.ToArraySegment(builder.DataBuffer.Position, builder.Offset);
        using FileStream file = File.Create(path);
        file.Write(buffer);
    }

    private static int Add(FlatBufferBuilder builder, string name, TensorData value)
    {
        builder.StartVector(1, (int)value.ByteLength, DataAlignment);
        builder.Add(value.Slice(0, (int)value.ByteLength).ToArray());
        VectorOffset data = builder.EndVector();
        builder.StartVector(sizeof(long), value.Shape.Count, sizeof(long));
        foreach (long extent in value.Shape.Reverse())
        {
            builder.AddLong(extent);
        }

        VectorOffset dims = builder.EndVector();
        StringOffset text = builder.CreateString(name);
        builder.StartTable(4);
        builder.AddOffset(3, data.Value, 0);
        builder.AddInt(2, (int)value.ElementType, 0);
        builder.AddOffset(1, dims.Value, 0);
        builder.AddOffset(0, text.Value, 0);
        return builder.EndTable();
    }
}
