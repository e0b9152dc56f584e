using OnnxEmbed.Data;
using OnnxEmbed.Merging.Searching;

namespace OnnxEmbed.Cli.Scoring;

/// <summary>The few examples by which models are weighed.</summary>
internal static class Examples
{
    private const string Anchor = "anchor";
    private const string Positive = "positive";
    private const string Negative = "negative";

    /// <summary>Reads pairs where the file has the columns anchor and positive (and negative if it has one), else texts with labels.</summary>
    public static ExampleLoss Read(string path, string text, string label)
    {
        ParquetTable table = ParquetTable.Read(path);
        return table.Has(Anchor) && table.Has(Positive)
            ? ExampleLoss.OfPairs(table.Strings(Anchor), table.Strings(Positive), table.Has(Negative) ? table.Strings(Negative) : [])
            : ExampleLoss.OfLabels(table.Strings(text), [.. Labels.FromColumn(table, label).Classes]);
    }
}
