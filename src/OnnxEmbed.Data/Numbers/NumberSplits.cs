namespace OnnxEmbed.Data.Numbers;

/// <summary>Names of the splits: file names without extension and values of the <c>split</c> column.</summary>
public static class NumberSplits
{
    /// <summary>All splits in writing order.</summary>
    public static IReadOnlyList<NumberSplit> All { get; } =
        [NumberSplit.Train, NumberSplit.Validation, NumberSplit.Test, NumberSplit.OodMagnitude];

    /// <summary>For example <c>ood-magnitude</c>.</summary>
    public static string Name(this NumberSplit split) => split switch
    {
        NumberSplit.Train => "train",
        NumberSplit.Validation => "validation",
        NumberSplit.Test => "test",
        NumberSplit.OodMagnitude => "ood-magnitude",
        _ => throw new ArgumentOutOfRangeException(nameof(split), split, null),
    };

    /// <summary>DIR/PROPERTY/SPLIT.parquet.</summary>
    public static string Path(string directory, string property, NumberSplit split) =>
        System.IO.Path.Combine(directory, property, split.Name() + ".parquet");
}
