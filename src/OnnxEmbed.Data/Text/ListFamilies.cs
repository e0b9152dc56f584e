using OnnxEmbed.Data.Arithmetic;

namespace OnnxEmbed.Data.Text;

/// <summary>Lists without words. Each returns what draws lists of one shape.</summary>
internal static class ListFamilies
{
    public static Func<Draft?> Counting(TextDraw draw) => Progression(draw, draw.Random.Coin() ? 1 : -1);

    public static Func<Draft?> Arithmetic(TextDraw draw)
    {
        long step = draw.Random.Between(2, Math.Max(2, draw.Integer(draw.DigitCount()) / 4));
        return Progression(draw, draw.Random.Below(4) == 0 ? -step : step);
    }

    public static Func<Draft?> Multiples(TextDraw draw)
    {
        int length = draw.ListLength();
        long factor = draw.Random.Between(2, draw.Random.Coin() ? 12 : 60);
        return () =>
        {
            long first = draw.Random.Between(1, Math.Max(1, draw.Integer(draw.DigitCount()) / factor));
            return draw.List(Fill(length, i => factor * (first + i)));
        };
    }

    public static Func<Draft?> Geometric(TextDraw draw)
    {
        int length = (int)draw.Random.Between(3, 7);
        long ratio = draw.Random.Between(2, 5);
        return () =>
        {
            long[] list = new long[length];
            list[0] = draw.Random.Between(1, 60);
            for (int i = 1; i < length; i++)
            {
                list[i] = list[i - 1] * ratio;
            }

            return draw.List(list);
        };
    }

    public static Func<Draft?> Fibonacci(TextDraw draw) => Recurrence(draw, 1, 1);

    public static Func<Draft?> Recurrence(TextDraw draw) =>
        Recurrence(draw, draw.Random.Between(1, 3), draw.Random.Pick<long>([-1, 1, 1, 2, 3]));

    public static Func<Draft?> Quadratic(TextDraw draw)
    {
        int length = draw.ListLength();
        long curve = draw.Random.Between(1, draw.Random.Coin() ? 4 : 20);
        return () =>
        {
            long first = draw.Random.Between(0, draw.Integer(draw.DigitCount()));
            long step = draw.Random.Between(0, 60);
            return draw.List(Fill(length, i => first + (step * i) + (curve * i * (i + 1) / 2)));
        };
    }

    public static Func<Draft?> Sorted(TextDraw draw)
    {
        int length = draw.ListLength();
        int digits = draw.DigitCount();
        bool falls = draw.Random.Below(4) == 0;
        return () =>
        {
            long[] list = Fill(length, _ => draw.Mentionable(digits));
            Array.Sort(list);
            if (falls)
            {
                Array.Reverse(list);
            }

            return draw.List(list);
        };
    }

    public static Func<Draft?> Unsorted(TextDraw draw)
    {
        int length = draw.ListLength();
        int digits = draw.DigitCount();
        bool mixed = draw.Random.Below(3) == 0;
        return () => draw.List(Fill(length, _ => draw.Mentionable(mixed ? draw.DigitCount() : digits)));
    }

    public static Func<Draft?> SameRemainder(TextDraw draw)
    {
        int length = draw.ListLength();
        int digits = draw.DigitCount();
        long modulus = draw.Random.Between(2, 13);
        long remainder = draw.Random.Between(0, modulus - 1);
        return () => draw.List(Fill(length, _ => WithRemainder(draw, digits, modulus, remainder)));
    }

    public static Func<Draft?> ParityPattern(TextDraw draw)
    {
        int length = draw.ListLength();
        int digits = draw.DigitCount();
        int period = (int)draw.Random.Between(2, 3);
        long[] pattern = Fill(period, _ => draw.Random.Between(0, 1));
        if (period == 2)
        {
            pattern[1] = 1 - pattern[0];
        }

        bool sorted = draw.Random.Coin();
        return () =>
        {
            long[] list = Fill(length, i => WithRemainder(draw, digits, 2, pattern[i % period]));
            if (!sorted)
            {
                return draw.List(list);
            }

            // Sorting by class keeps the pattern; whether the whole rises is left to chance.
            for (int residue = 0; residue < period; residue++)
            {
                int[] places = [.. Enumerable.Range(0, length).Where(i => i % period == residue)];
                long[] values = [.. places.Select(place => list[place]).Order()];
                for (int i = 0; i < places.Length; i++)
                {
                    list[places[i]] = values[i];
                }
            }

            return draw.List(list);
        };
    }

    public static Func<Draft?> Cyclic(TextDraw draw)
    {
        int period = (int)draw.Random.Between(1, 3);
        int digits = draw.DigitCount();
        int length = Math.Max(draw.ListLength(), period + 2);
        bool mirrored = draw.Random.Below(3) == 0;
        return () =>
        {
            long[] cycle = Fill(Math.Max(period, 2), _ => draw.Mentionable(digits));
            return draw.List(mirrored
                ? [.. cycle, .. cycle.AsEnumerable().Reverse().Skip(1)]
                : Fill(length, i => cycle[i % period]));
        };
    }

    public static Func<Draft?> NearArithmetic(TextDraw draw)
    {
        int length = Math.Max(4, draw.ListLength());
        long step = draw.Random.Between(3, Math.Max(3, draw.Integer(draw.DigitCount()) / 4));
        int off = draw.Random.Below(length);
        long error = draw.Random.Between(1, Math.Max(1, step / 3)) * (draw.Random.Coin() ? 1 : -1);
        return () =>
        {
            long first = draw.Integer(draw.DigitCount());
            return draw.List(Fill(length, i => first + (step * i) + (i == off ? error : 0)));
        };
    }

    private static Func<Draft?> Progression(TextDraw draw, long step)
    {
        int length = draw.ListLength();
        return () =>
        {
            long first = draw.Integer(draw.DigitCount());
            return draw.List(Fill(length, i => first + (step * i)));
        };
    }

    private static Func<Draft?> Recurrence(TextDraw draw, long p, long q)
    {
        int length = Math.Max(4, draw.ListLength());
        return () =>
        {
            long[] list = new long[length];
            long largestStart = Math.Max(2, draw.Integer(draw.DigitCount()) / 4);
            list[0] = draw.Random.Between(1, largestStart);
            list[1] = draw.Random.Between(1, largestStart);
            for (int i = 2; i < length; i++)
            {
                list[i] = (p * list[i - 1]) + (q * list[i - 2]);
                if (list[i] < 0 || list[i] > draw.Largest)
                {
                    return null;
                }
            }

            return draw.List(list);
        };
    }

    /// <summary>An integer that may be mentioned and leaves the remainder.</summary>
    private static long WithRemainder(TextDraw draw, int digits, long modulus, long remainder)
    {
        while (true)
        {
            long n = draw.Integer(Math.Max(2, digits));
            n += remainder - Residues.Modulo(n, modulus);
            if (n > 0 && draw.MayMention(n))
            {
                return n;
            }
        }
    }

    private static long[] Fill(int length, Func<int, long> element)
    {
        long[] list = new long[length];
        for (int i = 0; i < length; i++)
        {
            list[i] = element(i);
        }

        return list;
    }
}
