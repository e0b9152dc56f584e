namespace OnnxEmbed.Data.Numbers;

/// <summary>Tests and draws that several properties share.</summary>
internal static class Sequences
{
    public static bool IsIncreasing(long[] sequence)
    {
        for (int i = 1; i < sequence.Length; i++)
        {
            if (sequence[i] <= sequence[i - 1])
            {
                return false;
            }
        }

        return true;
    }

    public static bool AlternatesInParity(long[] sequence)
    {
        for (int i = 1; i < sequence.Length; i++)
        {
            if (sequence[i] % 2 == sequence[i - 1] % 2)
            {
                return false;
            }
        }

        return true;
    }

    public static bool IsArithmeticProgression(long[] sequence)
    {
        for (int i = 2; i < sequence.Length; i++)
        {
            if (sequence[i] - sequence[i - 1] != sequence[1] - sequence[0])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Each element drawn by place and number of digits, all different; null when a draw fails or repeats one.</summary>
    public static long[]? Distinct(NumberDraw draw, Func<int, int, long?> element)
    {
        long[] sequence = new long[draw.Length];
        for (int i = 0; i < sequence.Length; i++)
        {
            if (element(i, draw.DigitCount()) is not { } n || sequence.AsSpan(0, i).Contains(n))
            {
                return null;
            }

            sequence[i] = n;
        }

        return sequence;
    }

    public static long[]? Sorted(long[]? sequence)
    {
        if (sequence is not null)
        {
            Array.Sort(sequence);
        }

        return sequence;
    }

    /// <summary>An allowed integer at distance 1 or 3 with as many digits; null when there is none.</summary>
    public static long? OtherParity(NumberDraw draw, long n)
    {
        long moved = n + draw.Random.Pick<long>([-3, -1, 1, 3]);
        return moved > 0 && draw.Allows(moved) && Arithmetic.Digits.Count(moved) == Arithmetic.Digits.Count(n) ? moved : null;
    }

    /// <summary>start + step·i for i in [0, length).</summary>
    public static long[] Progression(int length, long start, long step)
    {
        long[] sequence = new long[length];
        for (int i = 0; i < length; i++)
        {
            sequence[i] = start + (step * i);
        }

        return sequence;
    }
}
