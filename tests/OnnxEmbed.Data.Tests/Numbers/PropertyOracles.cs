using System.Globalization;

namespace OnnxEmbed.Data.Tests.Numbers;

/// <summary>What each property means, by the slowest plain definition; nothing here calls the code under test.</summary>
internal static class PropertyOracles
{
    public static readonly IReadOnlyDictionary<string, Func<long[], bool>> Positive = new Dictionary<string, Func<long[], bool>>
    {
        ["parity"] = all => all.All(n => n % 2 == 0),
        ["divisible_by_3"] = all => all.All(n => n % 3 == 0),
        ["digit_sum_parity"] = all => all.All(n => Text(n).Sum(digit => digit - '0') % 2 == 0),
        ["palindrome"] = all => all.All(n => Text(n).SequenceEqual(Text(n).Reverse())),
        ["same_residue_mod_5"] = all => all.Select(n => n % 5).Distinct().Count() == 1,
        ["increasing"] = Rises,
        ["alternating_parity"] = Alternates,
        ["prime"] = all => all.All(n => Primes(n).Count == 1),
        ["squarefree"] = all => all.All(n => Primes(n).Distinct().Count() == Primes(n).Count),
        ["perfect_square"] = all => all.All(n => (long)Math.Round(Math.Sqrt(n)) is var root && root * root == n),
        ["mobius"] = all => all.All(n => Moebius(n) == 1),
        ["omega_2_vs_3"] = all => all.All(n => Primes(n).Distinct().Count() == 2),
        ["quadratic_residue_mod_13"] = all => all.All(IsResidue),
        ["abundant"] = all => all.All(n => DivisorSum(n) > 2 * n),
        ["sum_of_two_squares"] = all => all.All(IsSumOfTwoSquares),
        ["happy"] = all => all.All(IsHappy),
        ["arithmetic_progression"] = all => Differences(all).Distinct().Count() == 1,
        ["fibonacci_like"] = all => Enumerable.Range(2, all.Length - 2).All(i => all[i] == all[i - 1] + all[i - 2]),
        ["second_difference_constant"] =
            all => Differences(Differences(all)) is var second && second[0] != 0 && second.Distinct().Count() == 1,
        ["recurrence_order_2"] = all => new[] { (1, 2), (2, 1), (2, 2), (3, -2), (3, -1), (3, 1) }.Any(pair =>
            Enumerable.Range(2, all.Length - 2).All(i => all[i] == (pair.Item1 * all[i - 1]) + (pair.Item2 * all[i - 2]))),
        ["sum_divisible_by_7"] = all => all.Sum() % 7 == 0,
        ["alternating_parity_and_increasing"] = all => Alternates(all) && Rises(all),
        ["even_xor_increasing"] = all => all.All(n => n % 2 == 0) ^ Rises(all),
        ["qr13_and_increasing"] = all => all.All(IsResidue) && Rises(all),
        ["ap_and_divisible_by_3"] = all => Differences(all).Distinct().Count() == 1 && all.All(n => n % 3 == 0),
        ["alternating_mobius"] = all => Enumerable.Range(1, all.Length - 1).All(i => Moebius(all[i]) == -Moebius(all[i - 1])),
    };

    /// <summary>What every negative is, where it says more than "not positive".</summary>
    public static readonly IReadOnlyDictionary<string, Func<long[], bool>> Negative = new Dictionary<string, Func<long[], bool>>
    {
        ["parity"] = all => all.All(n => n % 2 == 1),
        ["divisible_by_3"] = all => all.All(n => n % 3 != 0),
        ["digit_sum_parity"] = all => all.All(n => Text(n).Sum(digit => digit - '0') % 2 == 1),
        ["palindrome"] = all => all.All(n => !Text(n).SequenceEqual(Text(n).Reverse())),
        ["prime"] = all => all.All(n => Primes(n).Count > 1),
        ["squarefree"] = all => all.All(n => Moebius(n) == 0),
        ["perfect_square"] = all => all.All(n => (long)Math.Round(Math.Sqrt(n)) is var root && root * root != n),
        ["mobius"] = all => all.All(n => Moebius(n) == -1),
        ["omega_2_vs_3"] = all => all.All(n => Primes(n).Distinct().Count() == 3),
        ["quadratic_residue_mod_13"] = all => all.All(n => !IsResidue(n) && n % 13 != 0),
        ["abundant"] = all => all.All(n => DivisorSum(n) < 2 * n),
        ["sum_of_two_squares"] = all => all.All(n => !IsSumOfTwoSquares(n)),
        ["happy"] = all => all.All(n => !IsHappy(n)),
    };

    /// <summary>Side conditions that positives and negatives share, element by element.</summary>
    public static readonly IReadOnlyDictionary<string, Func<long, bool>> Side = new Dictionary<string, Func<long, bool>>
    {
        ["prime"] = IsCoprimeTo30,
        ["squarefree"] = IsCoprimeTo30,
        ["perfect_square"] = n => new[] { 16, 9, 25, 7 }.All(m => Enumerable.Range(0, m).Any(root => root * root % m == n % m)),
        ["mobius"] = n => IsCoprimeTo30(n) && Moebius(n) != 0,
        ["omega_2_vs_3"] = IsCoprimeTo30,
        ["abundant"] = n => n % 4 == 0 && n % 3 != 0 && n % 5 != 0,
        ["sum_of_two_squares"] = n => n % 4 == 1,
        ["alternating_mobius"] = n => IsCoprimeTo30(n) && Moebius(n) != 0,
    };

    private static string Text(long n) => n.ToString(CultureInfo.InvariantCulture);

    private static bool Rises(long[] all) => Differences(all).All(difference => difference > 0);

    private static bool Alternates(long[] all) => Differences(all).All(difference => difference % 2 != 0);

    private static long[] Differences(long[] all) => [.. all.Skip(1).Zip(all, (next, before) => next - before)];

    private static bool IsCoprimeTo30(long n) => n % 2 != 0 && n % 3 != 0 && n % 5 != 0;

    private static bool IsResidue(long n) => Enumerable.Range(1, 12).Any(root => ((root * root) - n) % 13 == 0);

    private static int Moebius(long n) =>
        Primes(n) is var primes && primes.Distinct().Count() < primes.Count ? 0 : primes.Count % 2 == 0 ? 1 : -1;

    private static long DivisorSum(long n)
    {
        long sum = 0;
        for (long divisor = 1; divisor * divisor <= n; divisor++)
        {
            if (n % divisor == 0)
            {
                sum += divisor * divisor == n ? divisor : divisor + (n / divisor);
            }
        }

        return sum;
    }

    private static bool IsSumOfTwoSquares(long n)
    {
        for (long a = 0; a * a <= n; a++)
        {
            long b = (long)Math.Round(Math.Sqrt(n - (a * a)));
            if ((a * a) + (b * b) == n)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsHappy(long n)
    {
        HashSet<long> seen = [];
        while (seen.Add(n))
        {
            n = Text(n).Sum(digit => (digit - '0') * (digit - '0'));
        }

        return n == 1;
    }

    private static List<long> Primes(long n)
    {
        List<long> primes = [];
        for (long divisor = 2; divisor * divisor <= n; divisor++)
        {
            for (; n % divisor == 0; n /= divisor)
            {
                primes.Add(divisor);
            }
        }

        if (n > 1)
        {
            primes.Add(n);
        }

        return primes;
    }
}
