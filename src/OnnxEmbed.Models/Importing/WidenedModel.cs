using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Importing;

/// <summary>
/// Writes a graph whose parameters lie in mapped files, converting them to f32 piece by piece on their way: the model is never in memory.
/// </summary>
internal static class WidenedModel
{
    private const int ChunkElements = 1 << 20;

    /// <param name="graph">The graph; its parameters are initializers without bytes.</param>
    /// <param name="parameters">Numbers of the parameters by name, in any floating-point type.</param>
    /// <param name="path">The model file.</param>
    public static void Write(GraphBuilder graph, IReadOnlyDictionary<string, TensorData> parameters, string path)
    {
        (ModelProto proto, IReadOnlyDictionary<string, TensorData> tensors) = graph.ToModel();
        using OnnxModel model = new(proto, tensors);
        OnnxFilePlan plan = model.Plan(path);
        using OnnxFileOutput output = plan.Create(force: false);
        foreach ((string name, PlannedRange range) in plan.Tensors)
        {
            if (!parameters.TryGetValue(name, out TensorData? source))
            {
                output.Write(range, tensors[name]);
            }
            else if (source.ElementType == tensors[name].ElementType)
            {
                output.Write(range, source);
            }
            else
            {
                Widen(output, range, source);
            }
        }

        output.Commit();
    }

    private static void Widen(OnnxFileOutput output, PlannedRange range, TensorData source)
    {
        int size = source.ElementType.SizeInBytes();
        float[] values = new float[Math.Min(ChunkElements, source.ElementCount)];
        for (long start = 0; start < source.ElementCount; start += ChunkElements)
        {
            int count = (int)Math.Min(ChunkElements, source.ElementCount - start);
            FloatConversion.ToSingles(source.ElementType, source.Slice(start * size, count * size), values.AsSpan(0, count));
            output.Write(range.File, range.Offset + (start * sizeof(float)), System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan(0, count)));
        }
    }
}
