using System.Numerics.Tensors;
using OnnxEmbed.Merging.Engine;

namespace OnnxEmbed.Merging.Vocabularies;

/// <summary>The tables of tokens that all models hold for one tensor, each with its own rows.</summary>
/// <param name="tables">Their values in the first model's orientation; null where a model has none.</param>
/// <param name="axis">The axis of the tokens.</param>
internal sealed class TokenTables(IReadOnlyList<WeightSource?> tables, int axis)
{
    private const int BlockLength = 1 << 14;

    private readonly double[]?[] _means = new double[]?[tables.Count];
    private readonly List<IReadOnlyList<(int Source, long Row)>> _lists = [];
    private readonly Lock _lock = new();

    public WeightSource this[int source] => tables[source] ?? throw new InvalidOperationException($"model {source} has no such table");

    /// <summary>Elements behind one index of the axis.</summary>
    public long Inner { get; } = tables.First(table => table is not null)!.Stored.Shape.Skip(axis + 1)
        .Aggregate(1L, (product, extent) => product * extent);

    /// <summary>Rows of a model's table; 0 where it has none.</summary>
    public long RowsOf(int source) => tables[source]?.Stored.Shape[axis] ?? 0;

    /// <summary>Shape of a model's table with other rows.</summary>
    public long[] ShapeOf(int source, long rows)
    {
        long[] shape = [.. this[source].Stored.Shape];
        shape[axis] = rows;
        return shape;
    }

    /// <summary>First element of a row.</summary>
    /// <param name="source">The model.</param>
    /// <param name="outer">Index over the axes before that of the tokens.</param>
    /// <param name="row">The row.</param>
    public long PlaceOf(int source, long outer, long row) => ((outer * RowsOf(source)) + row) * Inner;

    /// <summary>Remembers rows whose mean is wanted.</summary>
    public int Add(IReadOnlyList<(int Source, long Row)> rows)
    {
        _lists.Add(rows);
        return _lists.Count - 1;
    }

    public IReadOnlyList<(int Source, long Row)> ListOf(long number) => _lists[(int)number];

    /// <summary>The mean over the rows of a model's table.</summary>
    public double[] MeanOf(int source)
    {
        lock (_lock)
        {
            return _means[source] ??= Mean(source);
        }
    }

    private double[] Mean(int source)
    {
        WeightSource table = this[source];
        long rows = RowsOf(source);
        double[] mean = new double[rows == 0 ? 0 : table.Stored.ElementCount / rows];
        double[] values = new double[Math.Max(BlockLength, Inner)];
        for (long outer = 0; outer < mean.Length / Inner; outer++)
        {
            Span<double> sum = mean.AsSpan((int)(outer * Inner), (int)Inner);
            long atOnce = values.Length / Inner;
            for (long row = 0; row < rows; row += atOnce)
            {
                int count = (int)Math.Min(atOnce, rows - row);
                table.Doubles(PlaceOf(source, outer, row), values.AsSpan(0, count * (int)Inner));
                for (int i = 0; i < count; i++)
                {
                    TensorPrimitives.Add(sum, values.AsSpan(i * (int)Inner, (int)Inner), sum);
                }
            }
        }

        TensorPrimitives.Divide(mean, rows, mean);
        return mean;
    }
}
