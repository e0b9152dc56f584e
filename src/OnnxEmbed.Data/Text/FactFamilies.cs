using OnnxEmbed.Data.Arithmetic;

namespace OnnxEmbed.Data.Text;

/// <summary>True statements about integers. Each returns what draws statements of one shape.</summary>
internal static class FactFamilies
{
    public static Func<Draft?> Addition(TextDraw draw)
    {
        (int first, int second) = (draw.DigitCount(), draw.DigitCount());
        return () => Operation(draw.Integer(first), "+", draw.Integer(second), static (a, b) => a + b);
    }

    public static Func<Draft?> Subtraction(TextDraw draw)
    {
        (int first, int second) = (draw.DigitCount(), draw.DigitCount());
        return () =>
        {
            (long a, long b) = (draw.Integer(first), draw.Integer(second));
            return Operation(Math.Max(a, b), "-", Math.Min(a, b), static (a, b) => a - b);
        };
    }

    public static Func<Draft?> Multiplication(TextDraw draw)
    {
        (int first, int second) = FactorDigits(draw);
        return () => Operation(draw.Integer(first), "*", draw.Integer(second), static (a, b) => a * b, statesProduct: true);
    }

    public static Func<Draft?> Division(TextDraw draw)
    {
        (int first, int second) = FactorDigits(draw);
        return () =>
        {
            (long a, long b) = (Math.Max(1, draw.Integer(first)), draw.Integer(second));
            return new Draft([a * b, a, b], () => $"{TextDraw.Text(a * b)} / {TextDraw.Text(a)} = {TextDraw.Text(b)}", 1);
        };
    }

    public static Func<Draft?> Sum(TextDraw draw)
    {
        int length = (int)draw.Random.Between(3, 5);
        int digits = Math.Max(1, draw.DigitCount() - 1);
        return () =>
        {
            long[] terms = Fill(length, () => draw.Mentionable(digits));
            long sum = terms.Sum();
            return new Draft([.. terms, sum], () => $"{string.Join(" + ", terms.Select(TextDraw.Text))} = {TextDraw.Text(sum)}");
        };
    }

    public static Func<Draft?> Remainder(TextDraw draw)
    {
        int digits = draw.DigitCount();
        long modulus = draw.Random.Between(2, draw.Random.Coin() ? 10 : 30);
        return () =>
        {
            long n = draw.Subject(digits);
            long rest = n % modulus;
            return new Draft([n, modulus, rest], () => $"{TextDraw.Text(n)} % {TextDraw.Text(modulus)} = {TextDraw.Text(rest)}", 1);
        };
    }

    public static Func<Draft?> Comparison(TextDraw draw)
    {
        int length = (int)draw.Random.Between(2, 5);
        (int digits, int others) = (draw.DigitCount(), draw.DigitCount());
        bool falls = draw.Random.Coin();
        bool near = draw.Random.Below(3) == 0;
        return () =>
        {
            long start = draw.Mentionable(digits);
            long[] list =
                Fill(length, () => near ? start + draw.Random.Between(0, 30) : draw.Mentionable(draw.Random.Coin() ? digits : others));
            Array.Sort(list);
            if (falls)
            {
                Array.Reverse(list);
            }

            bool differ = list.Distinct().Count() == length;
            return differ ? new Draft(list, () => string.Join(falls ? " > " : " < ", list.Select(TextDraw.Text))) : null;
        };
    }

    public static Func<Draft?> Extremes(TextDraw draw)
    {
        (int length, int digits, bool largest) = (draw.ListLength(), draw.DigitCount(), draw.Random.Coin());
        return () =>
        {
            long[] list = Fill(length, () => draw.Mentionable(digits));
            long extreme = largest ? list.Max() : list.Min();
            return new Draft(list, () => $"{(largest ? "max" : "min")}({TextDraw.Join(list)}) = {TextDraw.Text(extreme)}");
        };
    }

    public static Func<Draft?> Sorting(TextDraw draw)
    {
        (int length, int digits) = ((int)draw.Random.Between(3, 5), draw.DigitCount());
        return () =>
        {
            long[] list = Fill(length, () => draw.Mentionable(digits));
            return new Draft(list, () => $"sort({TextDraw.Join(list)}) = {TextDraw.Join(list.Order())}");
        };
    }

    public static Func<Draft?> CommonDivisor(TextDraw draw)
    {
        (int first, int second) = (draw.DigitCount(), draw.DigitCount());
        long common = draw.Random.Between(1, 12);
        return () =>
        {
            long a = Math.Max(1, draw.Integer(first) / common) * common;
            long b = Math.Max(1, draw.Integer(second) / common) * common;
            long divisor = Residues.GreatestCommonDivisor(a, b);
            return new Draft([a, b, divisor], () => $"gcd({TextDraw.Text(a)}, {TextDraw.Text(b)}) = {TextDraw.Text(divisor)}", 2);
        };
    }

    public static Func<Draft?> Factorisation(TextDraw draw)
    {
        int digits = draw.DigitCount();
        return () =>
        {
            long n = draw.Subject(digits);
            if (n < 2)
            {
                return null;
            }

            List<long> primes = [];
            foreach ((long prime, int exponent) in Data.Arithmetic.Factorisation.Of(n).Factors)
            {
                primes.AddRange(Enumerable.Repeat(prime, exponent));
            }

            return new Draft([n, .. primes], () => $"{TextDraw.Text(n)} = {string.Join(" * ", primes.Select(TextDraw.Text))}", 1);
        };
    }

    public static Func<Draft?> ParityWords(TextDraw draw)
    {
        int digits = draw.DigitCount();
        return () =>
        {
            long n = draw.Subject(digits);
            return new Draft([n], () => $"{TextDraw.Text(n)} is {Parity(n)}", 1);
        };
    }

    public static Func<Draft?> DivisibilityWords(TextDraw draw)
    {
        int digits = draw.DigitCount();
        long divisor = draw.Random.Between(2, 13);
        bool multiple = draw.Random.Coin();
        return () =>
        {
            long n = draw.Subject(digits);
            n = multiple ? n - (n % divisor) : n;
            if (n == 0 || (n % divisor == 0) != multiple)
            {
                return null;
            }

            string article = multiple ? "a" : "no";
            return new Draft([n, divisor], () => $"{TextDraw.Text(n)} is {article} multiple of {TextDraw.Text(divisor)}", 1);
        };
    }

    public static Func<Draft?> DigitSum(TextDraw draw)
    {
        int digits = Math.Max(2, draw.DigitCount());
        return () =>
        {
            long n = draw.Subject(digits);
            string text = TextDraw.Text(n);
            return new Draft([n], () => $"digits {text}: {string.Join(" + ", text.AsEnumerable())} = {TextDraw.Text(Digits.Sum(n))}", 1);
        };
    }

    public static Func<Draft?> Differences(TextDraw draw)
    {
        (int length, int digits) = ((int)draw.Random.Between(3, 6), draw.DigitCount());
        long same = draw.Random.Below(3) == 0 ? draw.Random.Between(1, 40) : 0;
        return () =>
        {
            long first = draw.Mentionable(digits);
            long[] list = new long[length];
            list[0] = first;
            for (int i = 1; i < length; i++)
            {
                list[i] = list[i - 1] + (same > 0 ? same : draw.Random.Between(1, 40));
            }

            long[] steps = [.. list.Skip(1).Zip(list, static (next, before) => next - before)];
            return new Draft([.. list, .. steps], () => $"{TextDraw.Join(list)}: steps {TextDraw.Join(steps)}");
        };
    }

    public static Func<Draft?> RemainderList(TextDraw draw)
    {
        (int length, int digits) = ((int)draw.Random.Between(3, 6), draw.DigitCount());
        long modulus = draw.Random.Between(2, 13);
        return () =>
        {
            long[] list = Fill(length, () => draw.Subject(digits));
            return new Draft(
                [.. list, modulus],
                () => $"{TextDraw.Join(list)} % {TextDraw.Text(modulus)} = {TextDraw.Join(list.Select(n => n % modulus))}",
                length);
        };
    }

    public static Func<Draft?> ParityList(TextDraw draw)
    {
        (int length, int digits) = ((int)draw.Random.Between(3, 5), draw.DigitCount());
        return () =>
        {
            long[] list = Fill(length, () => draw.Subject(digits));
            return new Draft(list, () => $"{TextDraw.Join(list)}: {string.Join(", ", list.Select(Parity))}", length);
        };
    }

    private static string Parity(long n) => n % 2 == 0 ? "even" : "odd";

    private static (int First, int Second) FactorDigits(TextDraw draw)
    {
        int product = Math.Max(2, draw.DigitCount());
        int first = (int)draw.Random.Between(1, product - 1);
        return draw.Random.Coin() ? (first, product - first) : (product - first, first);
    }

    // A product states a divisibility of its result, so the result is a subject; operands come last.
    private static Draft Operation(long a, string sign, long b, Func<long, long, long> apply, bool statesProduct = false)
    {
        long result = apply(a, b);
        int subjects = statesProduct ? 1 : 0;
        return new Draft([result, a, b], () => $"{TextDraw.Text(a)} {sign} {TextDraw.Text(b)} = {TextDraw.Text(result)}", subjects);
    }

    private static long[] Fill(int length, Func<long> element)
    {
        long[] list = new long[length];
        for (int i = 0; i < length; i++)
        {
            list[i] = element();
        }

        return list;
    }
}
