namespace OnnxEmbed.Data.Arithmetic;

/// <summary>Prime or not.</summary>
internal static class Primality
{
    private static readonly long[] SmallPrimes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

    /// <summary>
    /// Miller-Rabin with the twelve smallest primes as bases, which is exact below 3.3·10^24 (Sorenson and Webster 2015,
    /// arXiv:1509.00864), hence for every 64-bit integer. Integers below 2 are not prime.
    /// </summary>
    public static bool IsPrime(long n)
    {
        foreach (long prime in SmallPrimes)
        {
            if (n % prime == 0)
            {
                return n == prime;
            }
        }

        return n > 1 && (n < 41 * 41 || PassesMillerRabin(n));
    }

    private static bool PassesMillerRabin(long n)
    {
        int twos = (int)long.TrailingZeroCount(n - 1);
        long odd = (n - 1) >> twos;
        foreach (long witness in SmallPrimes)
        {
            long power = ModularPower(witness, odd, n);
            if (power == 1 || power == n - 1)
            {
                continue;
            }

            bool composite = true;
            for (int i = 1; i < twos && composite; i++)
            {
                power = MultiplyModulo(power, power, n);
                composite = power != n - 1;
            }

            if (composite)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// power of <paramref name="value"/> modulo <paramref name="modulus"/>, for 0 &lt;= value and exponent, 1 &lt; modulus.
    /// </summary>
    public static long ModularPower(long value, long exponent, long modulus)
    {
        long result = 1;
        for (long square = value % modulus; exponent > 0; exponent >>= 1)
        {
            if ((exponent & 1) != 0)
            {
                result = MultiplyModulo(result, square, modulus);
            }

            square = MultiplyModulo(square, square, modulus);
        }

        return result;
    }

    // Below 2^31 the product fits in 64 bits, and one 64-bit division is several times cheaper than a 128-bit one.
    private static long MultiplyModulo(long a, long b, long modulus) => modulus <= int.MaxValue
        ? a * b % modulus
        : (long)((UInt128)(ulong)a * (ulong)b % (ulong)modulus);
}
