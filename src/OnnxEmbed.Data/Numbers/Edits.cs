namespace OnnxEmbed.Data.Numbers;

/// <summary>Small changes that break a relation and little else. Each returns null where it does not apply.</summary>
internal static class Edits
{
    /// <summary>
    /// Moves one interior element by less than a part of the smaller gap to its neighbours, a quarter unless said otherwise, and by a
    /// multiple of <paramref name="unit"/>: order, digits and magnitudes stay.
    /// </summary>
    public static long[]? MoveInterior(NumberDraw draw, long[] sequence, long unit = 1, long part = 4)
    {
        int at = (int)draw.Random.Between(1, sequence.Length - 2);
        long gap = Math.Min(Math.Abs(sequence[at] - sequence[at - 1]), Math.Abs(sequence[at + 1] - sequence[at]));
        long most = (gap - 1) / part / unit;
        return most < 1
            ? null
            : Replace(sequence, at, sequence[at] + (draw.Random.Between(1, most) * unit * (draw.Random.Coin() ? 1 : -1)));
    }

    /// <summary>Moves one element by at most <paramref name="limit"/>.</summary>
    public static long[]? MoveOne(NumberDraw draw, long[] sequence, long limit)
    {
        int at = draw.Random.Below(sequence.Length);
        return draw.Near(sequence[at], limit) is { } moved && !sequence.Contains(moved) ? Replace(sequence, at, moved) : null;
    }

    /// <summary>
    /// Replaces one element of either class by a neighbour of the other class, so that the sequence has as many elements of each class
    /// as before.
    /// </summary>
    /// <param name="draw">What to draw from.</param>
    /// <param name="sequence">The sequence.</param>
    /// <param name="isFirst">Which of the two classes an element belongs to.</param>
    /// <param name="neighbour">An element of the other class near the given one, or null.</param>
    public static long[]? ExchangeClasses(NumberDraw draw, long[] sequence, Predicate<long> isFirst, Func<long, long?> neighbour)
    {
        int[] first = [.. Enumerable.Range(0, sequence.Length).Where(i => isFirst(sequence[i]))];
        int[] second = [.. Enumerable.Range(0, sequence.Length).Where(i => !isFirst(sequence[i]))];
        if (first.Length == 0 || second.Length == 0)
        {
            return null;
        }

        (int a, int b) = (draw.Random.Pick(first), draw.Random.Pick(second));
        if (neighbour(sequence[a]) is not { } movedA || neighbour(sequence[b]) is not { } movedB)
        {
            return null;
        }

        long[] edited = Replace(Replace(sequence, a, movedA), b, movedB);
        return edited.Distinct().Count() == edited.Length ? edited : null;
    }

    /// <summary>The same elements in a random order.</summary>
    public static long[] Shuffle(NumberDraw draw, long[] sequence)
    {
        long[] shuffled = [.. sequence];
        draw.Random.Shuffle<long>(shuffled);
        return shuffled;
    }

    private static long[] Replace(long[] sequence, int at, long value)
    {
        long[] edited = [.. sequence];
        edited[at] = value;
        return edited;
    }
}
