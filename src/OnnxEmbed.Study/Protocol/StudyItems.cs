using OnnxEmbed.Data;
using OnnxEmbed.Data.Numbers;
using OnnxEmbed.Evaluation.Attributes;

namespace OnnxEmbed.Study.Protocol;

/// <summary>The items of one split of a property: texts, labels, the pair each belongs to, and every other attribute.</summary>
internal sealed class StudyItems
{
    private static readonly string[] AttributeNames = ["parity", "last_digit", "sortedness", "magnitude_bucket", "chars", "mean_log10"];

    private StudyItems(IReadOnlyList<string> texts, int[] labels, int[] pairs, IReadOnlyList<AttributeColumn> attributes)
    {
        Texts = texts;
        Labels = labels;
        Pairs = pairs;
        Attributes = attributes;
    }

    public IReadOnlyList<string> Texts { get; }

    /// <summary>1 where the property holds, 0 where it does not.</summary>
    public int[] Labels { get; }

    /// <summary>Which generated group an item belongs to: the unit of resampling.</summary>
    public int[] Pairs { get; }

    public IReadOnlyList<AttributeColumn> Attributes { get; }

    /// <summary>Reads a split.</summary>
    /// <param name="directory">The suite.</param>
    /// <param name="property">The property.</param>
    /// <param name="split">The split.</param>
    /// <param name="rows">Rows to take from the front; null for all.</param>
    public static StudyItems Read(string directory, string property, NumberSplit split, int? rows = null)
    {
        ParquetTable table = ParquetTable.Read(NumberSplits.Path(directory, property, split));
        if (rows is { } limit && limit < table.RowCount)
        {
            table = table.Take([.. Enumerable.Range(0, limit)]);
        }

        return new StudyItems(
            table.Strings("text"),
            [.. table.Integers("label").ToArray().Select(label => (int)label)],
            Numbered(table.Strings("pair_id")),
            [.. AttributeNames.Select(name => Attribute(table, name))]);
    }

    /// <summary>Groups numbered in the order in which they come.</summary>
    private static int[] Numbered(IReadOnlyList<string> ids)
    {
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        int[] groups = new int[ids.Count];
        for (int row = 0; row < groups.Length; row++)
        {
            if (!numbers.TryGetValue(ids[row], out groups[row]))
            {
                groups[row] = numbers.Count;
                numbers.Add(ids[row], groups[row]);
            }
        }

        return groups;
    }

    private static AttributeColumn Attribute(ParquetTable table, string name) => table[name].Kind == ColumnKind.String
        ? AttributeColumn.Categorical(name, table.Strings(name))
        : AttributeColumn.Numeric(name, table.Numbers(name));
}
