using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <summary>
/// Finds an embedding table that stands in the graph a second time, transposed: what exporters make of an output layer that shares its weight
/// with the embedding. The twin must get the factors of the table, so that the two stay equal bit for bit.
/// </summary>
internal static class TransposedTwins
{
    private const int Tile = 64;

    /// <summary>Table by name of its transposed twin.</summary>
    public static IReadOnlyDictionary<string, string> Find(OnnxModel model)
    {
        Consumers consumers = new(model.Proto.Graph);
        Dictionary<string, string> tables = new(StringComparer.Ordinal);
        string[] matrices = [.. model.Tensors.Where(entry => entry.Value.Shape.Count == 2 && entry.Value.ElementType.IsFloat()).Select(entry => entry.Key)];
        foreach (string table in matrices.Where(name => Used(name, "Gather", 0)))
        {
            foreach (string twin in matrices.Where(name => name != table && Used(name, "MatMul", 1)))
            {
                if (AreTwins(model.Tensors[table], model.Tensors[twin]))
                {
                    tables.TryAdd(twin, table);
                }
            }
        }

        return tables;

        bool Used(string name, string operation, int input) => consumers.Of(name).Any(use => use.Node.OpType == operation && use.Input == input);
    }

    /// <summary>Whether the second tensor is the transposed first, bit for bit.</summary>
    public static bool AreTwins(TensorData first, TensorData second)
    {
        if (first.ElementType != second.ElementType || first.Shape[0] != second.Shape[1] || first.Shape[1] != second.Shape[0])
        {
            return false;
        }

        int size = first.ElementType.SizeInBytes();
        long rows = first.Shape[0];
        int columns = (int)first.Shape[1];
        for (long row = 0; row < rows; row += Tile)
        {
            int height = (int)Math.Min(Tile, rows - row);
            ReadOnlySpan<byte> tile = first.Slice(row * columns * size, height * columns * size);
            for (int column = 0; column < columns; column++)
            {
                ReadOnlySpan<byte> twin = second.Slice(((column * rows) + row) * size, height * size);
                for (int i = 0; i < height; i++)
                {
                    if (!tile.Slice(((i * columns) + column) * size, size).SequenceEqual(twin.Slice(i * size, size)))
                    {
                        return false;
                    }
                }
            }
        }

        return true;
    }
}
