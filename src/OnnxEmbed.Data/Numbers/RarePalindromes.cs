using OnnxEmbed.Data.Arithmetic;

namespace OnnxEmbed.Data.Numbers;

/// <summary>The integers whose digits read the same both ways: the leading half is free, the rest mirrors it.</summary>
internal sealed class RarePalindromes : RareIntegers
{
    public override long Draw(SeededRandom random, int digitCount)
    {
        int half = (digitCount + 1) / 2;
        return Mirror(random.Between(Math.Max(1, Digits.Low(half)), Digits.High(half)), digitCount);
    }

    public override long Next(long n, int direction)
    {
        int digitCount = Digits.Count(n);
        long half = n / Digits.Power(digitCount / 2);
        long same = Mirror(half, digitCount);
        if (direction > 0 ? same > n : same < n)
        {
            return same;
        }

        long next = half + direction;
        if (Digits.Count(Math.Max(next, 0)) == (digitCount + 1) / 2)
        {
            return Mirror(next, digitCount);
        }

        return direction > 0 ? Digits.Power(digitCount) + 1 : 0;
    }

    private static long Mirror(long half, int digitCount)
    {
        long whole = half;
        for (long rest = digitCount % 2 == 0 ? half : half / 10; rest > 0; rest /= 10)
        {
            whole = (whole * 10) + (rest % 10);
        }

        return whole;
    }
}
