using OnnxEmbed.Data.Arithmetic;

namespace OnnxEmbed.Data.Numbers;

/// <summary>
/// A property of single integers, and pairs of neighbours that differ in it: the one is drawn, the other is the nearest integer of as
/// many digits that satisfies the same side condition. Half of the pairs start from the integer without the property, so that neither
/// side is spread more evenly than the other.
/// </summary>
/// <param name="holds">The property.</param>
/// <param name="side">What both integers of a pair satisfy; it takes away what digits or small divisors would tell.</param>
/// <param name="rare">How to find integers with the property when they are rare.</param>
internal sealed class ElementRule(Predicate<long> holds, Predicate<long>? side = null, RareIntegers? rare = null)
{
    private const int ScanLimit = 20_000;

    public bool Holds(long n) => holds(n);

    public bool HoldsForAll(ReadOnlySpan<long> sequence)
    {
        foreach (long n in sequence)
        {
            if (!holds(n))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A neighbouring pair of so many digits; null when none is found.</summary>
    public (long Positive, long Negative)? TryPair(NumberDraw draw, int digitCount)
    {
        bool first = draw.Random.Coin();
        if (TryElement(draw, digitCount, first) is not { } start || TryNeighbour(draw, start, !first) is not { } other)
        {
            return null;
        }

        return first ? (start, other) : (other, start);
    }

    /// <summary>An allowed integer of so many digits with (or without) the property, within the side condition.</summary>
    public long? TryElement(NumberDraw draw, int digitCount, bool wanted)
    {
        if (!wanted || rare is null)
        {
            return draw.Element(digitCount, n => Fits(n, wanted));
        }

        const int Tries = 2_000;
        for (int i = 0; i < Tries; i++)
        {
            long n = rare.Draw(draw.Random, digitCount);
            if (draw.Allows(n) && Fits(n, true))
            {
                return n;
            }
        }

        return null;
    }

    /// <summary>The nearest allowed integer in a random direction, or else in the other one, of as many digits.</summary>
    public long? TryNeighbour(NumberDraw draw, long n, bool wanted)
    {
        int direction = draw.Random.Coin() ? 1 : -1;
        return TryNeighbour(draw, n, wanted, direction) ?? TryNeighbour(draw, n, wanted, -direction);
    }

    private long? TryNeighbour(NumberDraw draw, long n, bool wanted, int direction)
    {
        int digitCount = Digits.Count(n);
        (long low, long high) = (Digits.Low(digitCount), Digits.High(digitCount));
        long at = n;
        for (int i = 0; i < ScanLimit; i++)
        {
            at = wanted && rare is not null ? rare.Next(at, direction) : at + direction;
            if (at < low || at > high)
            {
                return null;
            }

            if (draw.Allows(at) && Fits(at, wanted))
            {
                return at;
            }
        }

        return null;
    }

    private bool Fits(long n, bool wanted) => (side is null || side(n)) && holds(n) == wanted;
}
