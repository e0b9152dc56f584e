using OnnxEmbed.Evaluation.Clustering;

namespace OnnxEmbed.Evaluation.Statistics;

/// <summary>Items by the unit they are drawn with: a generated pair, a group, or each item alone.</summary>
internal sealed class ResamplingUnits
{
    private ResamplingUnits(int[][] members, int items)
    {
        Members = members;
        Items = items;
    }

    /// <summary>Items of each unit.</summary>
    public int[][] Members { get; }

    public int Items { get; }

    public static ResamplingUnits Of(ReadOnlySpan<int> units, int items)
    {
        if (units.IsEmpty)
            return new ResamplingUnits([.. Enumerable.Range(0, items).Select(item => new[] { item })], items);
        LabelSet set = LabelSet.ForRows("resampling units", units, items);
        return new ResamplingUnits([.. set.OrderByCode().GroupBy(item => set.Codes[item]).Select(unit => unit.ToArray())], items);
    }
}
