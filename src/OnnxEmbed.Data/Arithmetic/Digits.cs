namespace OnnxEmbed.Data.Arithmetic;

/// <summary>What the decimal digits of an integer that is not negative say.</summary>
internal static class Digits
{
    private static readonly long[] Powers = MakePowers();

    /// <summary>10^exponent for exponents in [0, 18].</summary>
    public static long Power(int exponent) => Powers[exponent];

    /// <summary>Number of decimal digits; 1 for 0.</summary>
    public static int Count(long n)
    {
        int count = 1;
        while (count < Powers.Length && n >= Powers[count])
        {
            count++;
        }

        return count;
    }

    /// <summary>Smallest integer with so many digits; 0 for one digit.</summary>
    public static long Low(int count) => count == 1 ? 0 : Powers[count - 1];

    /// <summary>Largest integer with so many digits, at most 18 of them.</summary>
    public static long High(int count) => Powers[count] - 1;

    /// <summary>Sum of the digits.</summary>
    public static int Sum(long n)
    {
        int sum = 0;
        for (; n > 0; n /= 10)
        {
            sum += (int)(n % 10);
        }

        return sum;
    }

    /// <summary>The integer with the digits in reverse order; zeros that come to the front are dropped.</summary>
    public static long Reverse(long n)
    {
        long reversed = 0;
        for (; n > 0; n /= 10)
        {
            reversed = (reversed * 10) + (n % 10);
        }

        return reversed;
    }

    /// <summary>Whether the digits read the same both ways.</summary>
    public static bool IsPalindrome(long n) => Reverse(n) == n;

    /// <summary>
    /// Whether repeating "sum of the squares of the digits" reaches 1 (OEIS A007770); otherwise it reaches 4 and turns in a circle.
    /// </summary>
    public static bool IsHappy(long n)
    {
        while (n != 1 && n != 4 && n != 0)
        {
            long next = 0;
            for (; n > 0; n /= 10)
            {
                next += n % 10 * (n % 10);
            }

            n = next;
        }

        return n == 1;
    }

    private static long[] MakePowers()
    {
        long[] powers = new long[19];
        powers[0] = 1;
        for (int i = 1; i < powers.Length; i++)
        {
            powers[i] = powers[i - 1] * 10;
        }

        return powers;
    }
}
