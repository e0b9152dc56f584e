using OnnxEmbed.Data.Arithmetic;

namespace OnnxEmbed.Data.Numbers;

/// <summary>What properties draw from: a random stream, the split whose integers are allowed, the length and the digits.</summary>
internal sealed class NumberDraw(SeededRandom random, NumberSplit split, int length, DigitRange digits)
{
    public SeededRandom Random { get; } = random;

    public int Length { get; } = length;

    public DigitRange Digits { get; } = digits;

    /// <summary>
    /// Whether the integer may be an element: it has the digits and its block is of the split. The ood-magnitude split takes every block,
    /// since no other split has integers of its digits.
    /// </summary>
    public bool Allows(long n) => Digits.Contains(n) && (split == NumberSplit.OodMagnitude || ElementSplit.Of(n) == split);

    public bool AllowsAll(ReadOnlySpan<long> sequence)
    {
        foreach (long n in sequence)
        {
            if (!Allows(n))
            {
                return false;
            }
        }

        return true;
    }

    public int DigitCount() => (int)Random.Between(Digits.Min, Digits.Max);

    /// <summary>A uniform integer of so many digits, of whatever split.</summary>
    public long Any(int digitCount) => Random.Between(Arithmetic.Digits.Low(digitCount), Arithmetic.Digits.High(digitCount));

    /// <summary>
    /// A uniform integer of so many digits that is allowed and satisfies the condition; null when none is found in many tries.
    /// </summary>
    public long? Element(int digitCount, Predicate<long>? condition = null)
    {
        const int Tries = 20_000;
        for (int i = 0; i < Tries; i++)
        {
            long n = Any(digitCount);
            if (Allows(n) && (condition is null || condition(n)))
            {
                return n;
            }
        }

        return null;
    }

    /// <summary>A different allowed integer of as many digits at a distance in [1, limit]; null when none is found.</summary>
    public long? Near(long n, long limit)
    {
        const int Tries = 40;
        for (int i = 0; i < Tries; i++)
        {
            long moved = n + (Random.Between(1, limit) * (Random.Coin() ? 1 : -1));
            if (moved > 0 && Arithmetic.Digits.Count(moved) == Arithmetic.Digits.Count(n) && Allows(moved))
            {
                return moved;
            }
        }

        return null;
    }
}
