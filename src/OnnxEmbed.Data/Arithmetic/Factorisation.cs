namespace OnnxEmbed.Data.Arithmetic;

/// <summary>
/// The prime factors of an integer with their exponents, and the arithmetic functions that follow from them. Trial division: the suite
/// asks for integers below 10^12 or so, where it takes microseconds.
/// </summary>
internal readonly struct Factorisation
{
    private static readonly int[] Primes = [.. Enumerable.Range(2, 65_534).Where(static n => Primality.IsPrime(n))];

    private readonly (long Prime, int Exponent)[] _factors;

    private Factorisation((long Prime, int Exponent)[] factors) => _factors = factors;

    /// <summary>Primes in rising order.</summary>
    public ReadOnlySpan<(long Prime, int Exponent)> Factors => _factors;

    /// <summary>No prime divides twice.</summary>
    public bool IsSquarefree => Array.TrueForAll(_factors, static factor => factor.Exponent == 1);

    /// <summary>Möbius function: 0 unless squarefree, else -1 to the number of primes.</summary>
    public int Moebius => !IsSquarefree ? 0 : _factors.Length % 2 == 0 ? 1 : -1;

    /// <summary>Number of different primes, ω.</summary>
    public int DistinctPrimes => _factors.Length;

    /// <summary>Sum of all positive divisors, σ = ∏ (p^(e+1) - 1) / (p - 1).</summary>
    public long DivisorSum
    {
        get
        {
            long sum = 1;
            foreach ((long prime, int exponent) in _factors)
            {
                long geometric = 1;
                for (int i = 0; i < exponent; i++)
                {
                    geometric = (geometric * prime) + 1;
                }

                sum *= geometric;
            }

            return sum;
        }
    }

    /// <summary>Whether n = a² + b²: every prime that is 3 modulo 4 divides an even number of times (Fermat).</summary>
    public bool IsSumOfTwoSquares => Array.TrueForAll(_factors, static factor => factor.Prime % 4 != 3 || factor.Exponent % 2 == 0);

    /// <summary>Factorises <paramref name="n"/>, at least 1.</summary>
    public static Factorisation Of(long n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        Span<(long, int)> factors = stackalloc (long, int)[16]; // 16 different primes have a product above 2^63
        int count = 0;
        for (int i = 0; ; i++)
        {
            // From a table as far as it goes, then through the odd integers, of which the composite ones divide nothing that is left.
            long prime = i < Primes.Length ? Primes[i] : Primes[^1] + (2L * (i - Primes.Length + 1));
            if (prime > n / prime)
            {
                break;
            }

            int exponent = 0;
            for (; n % prime == 0; n /= prime)
            {
                exponent++;
            }

            if (exponent > 0)
            {
                factors[count++] = (prime, exponent);
            }
        }

        if (n > 1)
        {
            factors[count++] = (n, 1);
        }

        return new Factorisation(factors[..count].ToArray());
    }
}
