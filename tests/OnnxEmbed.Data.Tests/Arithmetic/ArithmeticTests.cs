using OnnxEmbed.Data.Arithmetic;

namespace OnnxEmbed.Data.Tests.Arithmetic;

/// <summary>Against definitions carried out by brute force; known values of the literature for what brute force cannot reach.</summary>
public sealed class ArithmeticTests
{
    [Fact]
    public void IsPrime_Below20000_AgreesWithASieve()
    {
        bool[] composite = new bool[20_000];
        for (int n = 2; n < composite.Length; n++)
        {
            for (int multiple = 2 * n; multiple < composite.Length; multiple += n)
            {
                composite[multiple] = true;
            }
        }

        for (int n = 2; n < composite.Length; n++)
        {
            Assert.Equal(!composite[n], Primality.IsPrime(n));
        }
    }

    [Theory]
    [InlineData(-7, false)]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2_147_483_647, true)]
    [InlineData(3_215_031_751, false)] // strong pseudoprime to 2, 3, 5 and 7
    [InlineData(3_825_123_056_546_413_051, false)] // strong pseudoprime to the nine smallest primes
    [InlineData(9_223_372_036_854_775_783, true)] // largest prime below 2^63
    [InlineData(9_223_372_036_854_775_807, false)] // 7^2 · 73 · 127 · 337 · 92737 · 649657
    [InlineData(1_000_000_007L * 998_244_353L, false)]
    public void IsPrime_KnownCases_AreDecided(long n, bool prime) => Assert.Equal(prime, Primality.IsPrime(n));

    [Fact]
    public void Factorisation_Below5000_AgreesWithDefinitions()
    {
        for (long n = 1; n < 5_000; n++)
        {
            Factorisation factorisation = Factorisation.Of(n);
            long[] divisors = [.. Divisors(n)];
            long product = 1;
            foreach ((long prime, int exponent) in factorisation.Factors)
            {
                product *= (long)Math.Pow(prime, exponent);
                Assert.Equal(2, Divisors(prime).Count());
            }

            Assert.Equal(n, product);
            Assert.Equal(divisors.Sum(), factorisation.DivisorSum);
            Assert.Equal(divisors.Count(divisor => Divisors(divisor).Count() == 2), factorisation.DistinctPrimes);
            Assert.Equal(!Enumerable.Range(2, 70).Any(root => n % (root * root) == 0), factorisation.IsSquarefree);
        }
    }

    [Fact]
    public void Moebius_SumOverDivisors_IsZeroExceptForOne()
    {
        for (long n = 1; n < 2_000; n++)
        {
            Assert.Equal(n == 1 ? 1 : 0, Divisors(n).Sum(divisor => Factorisation.Of(divisor).Moebius));
        }
    }

    [Fact]
    public void IsSumOfTwoSquares_Below5000_AgreesWithSearch()
    {
        HashSet<int> sums = [.. from a in Enumerable.Range(0, 71) from b in Enumerable.Range(0, 71) select (a * a) + (b * b)];
        for (int n = 1; n < 5_000; n++)
        {
            Assert.Equal(sums.Contains(n), Factorisation.Of(n).IsSumOfTwoSquares);
        }
    }

    [Fact]
    public void Factorisation_LargeInteger_IsWhole()
    {
        Assert.Equal([(999_983L, 2)], Factorisation.Of(999_983L * 999_983L).Factors.ToArray());
        Assert.Equal([(2L, 62)], Factorisation.Of(1L << 62).Factors.ToArray());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(13)]
    [InlineData(97)]
    public void Legendre_SmallPrimes_AgreesWithSearch(int prime)
    {
        for (int n = -200; n < 200; n++)
        {
            bool square = Enumerable.Range(1, prime - 1).Any(root => Residues.Modulo((root * root) - n, prime) == 0);
            Assert.Equal(n % prime == 0 ? 0 : square ? 1 : -1, Residues.Legendre(n, prime));
        }
    }

    [Fact]
    public void IsSquareModulo_CompositeModulus_AgreesWithSearch()
    {
        for (int n = 0; n < 300; n++)
        {
            Assert.Equal(Enumerable.Range(0, 100).Any(root => root * root % 100 == n % 100), Residues.IsSquareModulo(n, 100));
        }
    }

    [Fact]
    public void SquareRoot_AroundSquares_IsExact()
    {
        foreach (long root in new[] { 1L, 2, 3, 1_000, 94_906_265, 94_906_267, 2_147_483_647 })
        {
            Assert.Equal(root - 1, Residues.SquareRoot((root * root) - 1));
            Assert.Equal(root, Residues.SquareRoot(root * root));
            Assert.True(Residues.IsSquare(root * root));
            Assert.False(Residues.IsSquare((root * root) + 1));
        }
    }

    [Fact]
    public void Digits_UpTo100000_AgreeWithTheText()
    {
        for (long n = 0; n < 100_000; n += 7)
        {
            string text = n.ToString(System.Globalization.CultureInfo.InvariantCulture);
            string reversed = new([.. text.Reverse()]);
            Assert.Equal(text.Length, Digits.Count(n));
            Assert.Equal(text.Sum(digit => digit - '0'), Digits.Sum(n));
            Assert.Equal(text == reversed, Digits.IsPalindrome(n));
            Assert.Equal(long.Parse(reversed), Digits.Reverse(n));
        }

        Assert.Equal((100, 999), (Digits.Low(3), Digits.High(3)));
        Assert.Equal((0, 9), (Digits.Low(1), Digits.High(1)));
    }

    [Fact]
    public void IsHappy_FirstOnes_AreThoseOfOeisA007770()
    {
        long[] first = [1, 7, 10, 13, 19, 23, 28, 31, 32, 44, 49, 68, 70, 79, 82, 86, 91, 94, 97, 100];
        Assert.Equal(first, Enumerable.Range(1, 100).Select(n => (long)n).Where(Digits.IsHappy));
    }

    [Fact]
    public void GreatestCommonDivisor_SmallIntegers_AgreesWithSearch()
    {
        for (long a = 1; a < 60; a++)
        {
            for (long b = 1; b < 60; b++)
            {
                Assert.Equal(Divisors(a).Intersect(Divisors(b)).Max(), Residues.GreatestCommonDivisor(a, b));
            }
        }
    }

    private static IEnumerable<long> Divisors(long n)
    {
        for (long divisor = 1; divisor <= n; divisor++)
        {
            if (n % divisor == 0)
            {
                yield return divisor;
            }
        }
    }
}
