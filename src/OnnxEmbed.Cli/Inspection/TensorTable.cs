using OnnxEmbed.Cli.Output;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Inspection;

/// <summary>Tensors of a file: totals by type, and each one if asked.</summary>
internal static class TensorTable
{
    public static void AddTo(Result result, IReadOnlyDictionary<string, TensorData> tensors, bool all)
    {
        result.Fact("tensor_count", tensors.Count)
            .Fact("parameters", tensors.Values.Where(tensor => tensor.ElementType.IsFloat()).Sum(tensor => tensor.ElementCount))
            .Fact("tensor_bytes", tensors.Values.Sum(tensor => tensor.ByteLength));
        result.Table("types", ["type", "tensors", "elements", "bytes"], tensors.Values
            .GroupBy(tensor => tensor.ElementType)
            .OrderByDescending(group => group.Sum(tensor => tensor.ByteLength))
            .ThenBy(group => group.Key)
            .Select(group => new object?[]
            {
                group.Key.ShortName(), group.Count(), group.Sum(tensor => tensor.ElementCount), group.Sum(tensor => tensor.ByteLength),
            }));
        if (all)
        {
            result.Table("tensors", ["name", "type", "shape", "bytes"], tensors
                .OrderBy(tensor => tensor.Key, StringComparer.Ordinal)
                .Select(tensor => new object?[] { tensor.Key, tensor.Value.ElementType.ShortName(), Shape(tensor.Value.Shape), tensor.Value.ByteLength }));
        }
    }

    public static string Shape<T>(IEnumerable<T> dimensions) => $"[{string.Join(", ", dimensions)}]";
}
