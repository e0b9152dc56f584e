namespace OnnxEmbed.Data.Carrying;

/// <summary>Consecutive rows of a Parquet file with all their columns, for passing on unchanged.</summary>
public sealed class CarriedTable
{
    private readonly IReadOnlyList<(CarriedColumn[] Columns, int Start, int Count)> _runs;

    internal CarriedTable(IReadOnlyList<(CarriedColumn[] Columns, int Start, int Count)> runs, IReadOnlyList<string?[]> texts)
    {
        _runs = runs;
        Texts = texts;
        RowCount = runs.Sum(run => run.Count);
    }

    /// <summary>Number of rows.</summary>
    public int RowCount { get; }

    /// <summary>The rows of each text column that was asked for, in that order; null where a row is null.</summary>
    public IReadOnlyList<string?[]> Texts { get; }

    internal IReadOnlyList<(CarriedColumn Column, int Start, int Count)> Leaf(int leaf) => [.. _runs.Select(run => (run.Columns[leaf], run.Start, run.Count))];
}
