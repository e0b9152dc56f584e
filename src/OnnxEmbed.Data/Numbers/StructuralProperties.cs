namespace OnnxEmbed.Data.Numbers;

/// <summary>T3: a relation between all elements. Negatives move one interior element by less than a quarter of the gap beside it.</summary>
internal static class StructuralProperties
{
    /// <summary>Coefficients (p, q) of a[n] = p·a[n-1] + q·a[n-2] that grow fast enough to differ and slowly enough to fit.</summary>
    private static readonly (long P, long Q)[] Coefficients = [(1, 2), (2, 1), (2, 2), (3, -2), (3, -1), (3, 1)];

    /// <summary>
    /// Where elements grow by factors, gaps are as wide as the elements, and a quarter of one shows in the sizes alone (AUC of trees 0.57).
    /// </summary>
    private const long PartOfWideGaps = 12;

    public static readonly NumberProperty ArithmeticProgression = new EditedProperty(
        "arithmetic_progression",
        NumberTier.Structural,
        "All differences are equal; negatives: one interior element is moved by less than a quarter of the difference.",
        Sequences.IsArithmeticProgression,
        static draw =>
        {
            long step = Step(draw, 5);
            return () => Sequences.Progression(draw.Length, Start(draw, step * (draw.Length - 1)), step);
        },
        static (draw, sequence) => Edits.MoveInterior(draw, sequence));

    public static readonly NumberProperty FibonacciLike = new EditedProperty(
        "fibonacci_like",
        NumberTier.Structural,
        "Each element is the sum of the two before; negatives: one interior element is moved by less than a twelfth of the gap beside it.",
        static sequence => Follows(sequence, 1, 1),
        static draw => () => Recurrence(draw, 1, 1),
        static (draw, sequence) => Edits.MoveInterior(draw, sequence, part: PartOfWideGaps));

    public static readonly NumberProperty ConstantSecondDifference = new EditedProperty(
        "second_difference_constant",
        NumberTier.Structural,
        "The differences grow or shrink by one amount, not 0; negatives: one interior element is moved by less than a "
        + "quarter of the gap beside it.",
        HasConstantSecondDifference,
        static draw =>
        {
            long[] offsets = QuadraticOffsets(draw);
            long lowest = offsets.Min();
            long span = offsets.Max() - lowest;
            return () =>
            {
                long start = Start(draw, span) - lowest;
                return Array.ConvertAll(offsets, offset => start + offset);
            };
        },
        static (draw, sequence) => Edits.MoveInterior(draw, sequence));

    public static readonly NumberProperty RecurrenceOfOrder2 = new EditedProperty(
        "recurrence_order_2",
        NumberTier.Structural,
        "Each element is p times the one before plus q times the one before that, with (p, q) one of "
        + "(1, 2), (2, 1), (2, 2), (3, -2), (3, -1), (3, 1); negatives: one interior element is moved by less than a twelfth "
        + "of the gap beside it.",
        static sequence => Array.Exists(Coefficients, pair => Follows(sequence, pair.P, pair.Q)),
        static draw =>
        {
            (long p, long q) = draw.Random.Pick(Coefficients);
            return () => Recurrence(draw, p, q);
        },
        static (draw, sequence) => Edits.MoveInterior(draw, sequence, part: PartOfWideGaps));

    public static readonly NumberProperty SumDivisibleBy7 = new EditedProperty(
        "sum_divisible_by_7",
        NumberTier.Structural,
        "The sum of all elements is a multiple of 7; negatives: one element is moved by 1 to 3.",
        static sequence => sequence.Sum() % 7 == 0,
        static draw => () =>
        {
            long sum = 0;
            return Sequences.Distinct(draw, (i, digitCount) =>
            {
                long before = sum;
                long? n = draw.Element(digitCount, n => i < draw.Length - 1 || (before + n) % 7 == 0);
                sum += n ?? 0;
                return n;
            });
        },
        static (draw, sequence) => Edits.MoveOne(draw, sequence, 3));

    /// <summary>
    /// A step whose size is spread over the orders of magnitude, of either sign, at least <paramref name="least"/> in size, such that a
    /// progression of the length fits into the digits.
    /// </summary>
    internal static long Step(NumberDraw draw, long least)
    {
        int digitCount = draw.DigitCount();
        double most = Math.Max(least, (Arithmetic.Digits.High(digitCount) - draw.Digits.Low) / (double)(draw.Length - 1));
        double size = least * Math.Pow(most / least, draw.Random.Unit());
        return (long)size * (draw.Random.Coin() ? 1 : -1);
    }

    /// <summary>
    /// A first element for which the last one, <paramref name="span"/> away, may fit into the digits: the larger end has each possible
    /// number of digits equally often.
    /// </summary>
    internal static long Start(NumberDraw draw, long span)
    {
        long size = Math.Abs(span);
        long low = draw.Digits.Low;
        int fewest = Math.Min(draw.Digits.Max, Math.Max(draw.Digits.Min, Arithmetic.Digits.Count(low + size)));
        int digitCount = (int)draw.Random.Between(fewest, draw.Digits.Max);
        long least = Math.Max(low + size, Arithmetic.Digits.Low(digitCount));
        long larger = draw.Random.Between(Math.Min(least, Arithmetic.Digits.High(digitCount)), Arithmetic.Digits.High(digitCount));
        return span > 0 ? larger - size : larger;
    }

    private static long[]? Recurrence(NumberDraw draw, long p, long q)
    {
        // The first two elements decide; the larger they are, the sooner the last one leaves the digits, so they are drawn from below.
        long[] sequence = new long[draw.Length];
        long low = draw.Digits.Low;
        long high = Math.Max(low + 1, (long)(draw.Digits.High / Math.Pow(1.5, draw.Length - 2)));
        for (int i = 0; i < 2; i++)
        {
            double size = low * Math.Pow((double)high / low, draw.Random.Unit());
            sequence[i] = (long)size;
            if (!draw.Allows(sequence[i]))
            {
                return null;
            }
        }

        for (int i = 2; i < sequence.Length; i++)
        {
            sequence[i] = (p * sequence[i - 1]) + (q * sequence[i - 2]);
            if (!draw.Allows(sequence[i]))
            {
                return null;
            }
        }

        return sequence.Distinct().Count() == sequence.Length ? sequence : null;
    }

    private static bool Follows(long[] sequence, long p, long q)
    {
        for (int i = 2; i < sequence.Length; i++)
        {
            if (sequence[i] != (p * sequence[i - 1]) + (q * sequence[i - 2]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A sequence of constant second difference from 0 whose spread fits into the digits.</summary>
    private static long[] QuadraticOffsets(NumberDraw draw)
    {
        while (true)
        {
            long step = Step(draw, 5);
            long curve = draw.Random.Between(1, Math.Max(2, Math.Abs(step) / draw.Length)) * (draw.Random.Coin() ? 1 : -1);
            long[] offsets = Sequences.Progression(draw.Length, 0, step);
            for (int i = 0; i < offsets.Length; i++)
            {
                offsets[i] += curve * i * (i - 1) / 2;
            }

            if (offsets.Max() - offsets.Min() <= draw.Digits.High - draw.Digits.Low)
            {
                return offsets;
            }
        }
    }

    private static bool HasConstantSecondDifference(long[] sequence)
    {
        long curve = sequence[2] - (2 * sequence[1]) + sequence[0];
        for (int i = 3; i < sequence.Length; i++)
        {
            if (sequence[i] - (2 * sequence[i - 1]) + sequence[i - 2] != curve)
            {
                return false;
            }
        }

        return curve != 0;
    }
}
