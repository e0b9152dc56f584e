namespace OnnxEmbed.Data.Numbers;

/// <summary>"Every element has it": in the negatives none has, each being the neighbour of the positive's element.</summary>
internal sealed class ElementProperty(string name, NumberTier tier, string description, ElementRule rule, LeakBounds? bounds = null)
    : NumberProperty(name, tier, description, bounds)
{
    public override bool Holds(ReadOnlySpan<long> sequence) => rule.HoldsForAll(sequence);

    internal override NumberRow[]? TryDraw(NumberDraw draw)
    {
        long[] positive = new long[draw.Length];
        long[] negative = new long[draw.Length];
        for (int i = 0; i < draw.Length; i++)
        {
            if (rule.TryPair(draw, draw.DigitCount()) is not { } pair
                || positive.AsSpan(0, i).Contains(pair.Positive)
                || negative.AsSpan(0, i).Contains(pair.Negative))
            {
                return null;
            }

            (positive[i], negative[i]) = pair;
        }

        return [new NumberRow(positive, true), new NumberRow(negative, false)];
    }
}
