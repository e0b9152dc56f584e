namespace OnnxEmbed.Data.Numbers;

/// <summary>T4: two properties together. The four sequences of a factorial group share elements or have neighbouring ones.</summary>
internal static class CompositionalProperties
{
    private static readonly (string Word, Func<long[], bool> Holds) Rising = ("increasing", Sequences.IsIncreasing);

    public static readonly NumberProperty AlternatingParityAndIncreasing = new FactorialProperty(
        "alternating_parity_and_increasing",
        "Even and odd elements take turns, and each is larger than the one before. Four cells a group; all elements have one "
        + "number of digits.",
        ("alternating", Sequences.AlternatesInParity),
        Rising,
        static (alternating, rising) => alternating && rising,
        static draw =>
        {
            int digitCount = draw.DigitCount();
            int phase = draw.Random.Below(2);
            if (Sequences.Sorted(Sequences.Distinct(draw, (_, _) => draw.Element(digitCount))) is not { } both)
            {
                return null;
            }

            // Of six sorted elements few alternate; each that does not fit the turn is moved by one, which keeps its block and mostly the
            // order.
            for (int i = 0; i < both.Length; i++)
            {
                both[i] ^= (both[i] + i) % 2 == phase ? 0 : 1;
            }

            if (Edits.ExchangeClasses(draw, both, static n => n % 2 == 0, n => Sequences.OtherParity(draw, n)) is not { } secondOnly)
            {
                return null;
            }

            return [both, ShuffleWithinTurns(draw, both), secondOnly, Edits.Shuffle(draw, secondOnly)];
        });

    public static readonly NumberProperty EvenXorIncreasing = new FactorialProperty(
        "even_xor_increasing",
        "Either all elements are even (in the other cells all are odd), or each is larger than the one before, but not both. "
        + "Four cells a group.",
        ("even", static sequence => Array.TrueForAll(sequence, static n => n % 2 == 0)),
        Rising,
        static (even, rising) => even != rising,
        static draw =>
        {
            int digitCount = draw.DigitCount();
            long[]? both = Sequences.Sorted(Sequences.Distinct(draw, (_, _) => draw.Element(digitCount, static n => n % 2 == 0)));
            if (both is null)
            {
                return null;
            }

            long[] odd = Array.ConvertAll(both, static n => n + 1);
            return [both, Edits.Shuffle(draw, both), odd, Edits.Shuffle(draw, odd)];
        });

    public static readonly NumberProperty QuadraticResidueAndIncreasing = new FactorialProperty(
        "qr13_and_increasing",
        "Every element is a square modulo 13 (in the other cells none is), and each is larger than the one before. Four cells a group.",
        ("residue", static sequence => ArithmeticProperties.QuadraticResidueRule.HoldsForAll(sequence)),
        Rising,
        static (residue, rising) => residue && rising,
        static draw =>
        {
            int digitCount = draw.DigitCount();
            long[] others = new long[draw.Length];
            long[]? both = Sequences.Distinct(draw, (i, _) =>
            {
                (long positive, long negative) = ArithmeticProperties.QuadraticResidueRule.TryPair(draw, digitCount) ?? (0, 0);
                others[i] = negative;
                return positive == 0 ? null : positive;
            });
            if (both is null || others.Distinct().Count() < others.Length)
            {
                return null;
            }

            Array.Sort(both);
            Array.Sort(others);
            return [both, Edits.Shuffle(draw, both), others, Edits.Shuffle(draw, others)];
        });

    public static readonly NumberProperty ProgressionAndDivisibleBy3 = new FactorialProperty(
        "ap_and_divisible_by_3",
        "All differences are equal, and every element is a multiple of 3 (in the other cells none is). Four cells a group; "
        + "a progression is broken by moving one interior element by a multiple of 3 below a quarter of the difference.",
        ("progression", Sequences.IsArithmeticProgression),
        ("threes", static sequence => Array.TrueForAll(sequence, static n => n % 3 == 0)),
        static (progression, threes) => progression && threes,
        static draw =>
        {
            // The step is fixed first and the start redrawn, for the reason given at EditedProperty.
            const int Starts = 4_000;
            long step = StructuralProperties.Step(draw, 16);
            step -= step % 3;
            for (int i = 0; i < Starts; i++)
            {
                long start = StructuralProperties.Start(draw, step * (draw.Length - 1));
                long[] both = Sequences.Progression(draw.Length, start - (start % 3), step);
                if (!draw.AllowsAll(both))
                {
                    continue;
                }

                int shift = draw.Random.Coin() ? 1 : -1;
                long[] firstOnly = Array.ConvertAll(both, n => n + shift);
                if (draw.AllowsAll(firstOnly)
                    && Edits.MoveInterior(draw, both, 3) is { } secondOnly
                    && Edits.MoveInterior(draw, firstOnly, 3) is { } neither
                    && SameDigits(both, firstOnly) && SameDigits(both, secondOnly) && SameDigits(both, neither))
                {
                    return [both, firstOnly, secondOnly, neither];
                }
            }

            return null;
        });

    public static readonly NumberProperty AlternatingMoebius = new EditedProperty(
        "alternating_mobius",
        NumberTier.Compositional,
        "Elements with an even and an odd number of primes take turns; negatives: one of either kind is replaced by its "
        + "nearest neighbour of the other. Side condition: squarefree and coprime to 30.",
        static sequence => Alternates(sequence, ArithmeticProperties.MoebiusRule),
        static draw =>
        {
            int phase = draw.Random.Below(2);
            return () => Sequences.Distinct(
                draw, (i, digitCount) => ArithmeticProperties.MoebiusRule.TryElement(draw, digitCount, i % 2 == phase));
        },
        static (draw, sequence) => Edits.ExchangeClasses(
            draw,
            sequence,
            ArithmeticProperties.MoebiusRule.Holds,
            n => ArithmeticProperties.MoebiusRule.TryNeighbour(draw, n, !ArithmeticProperties.MoebiusRule.Holds(n))));

    private static bool Alternates(long[] sequence, ElementRule rule)
    {
        for (int i = 1; i < sequence.Length; i++)
        {
            if (rule.Holds(sequence[i]) == rule.Holds(sequence[i - 1]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Shuffles the elements of the even places among themselves, and those of the odd places.</summary>
    private static long[] ShuffleWithinTurns(NumberDraw draw, long[] sequence)
    {
        long[] shuffled = [.. sequence];
        for (int turn = 0; turn < 2; turn++)
        {
            int[] places = [.. Enumerable.Range(0, sequence.Length).Where(i => i % 2 == turn)];
            long[] values = [.. places.Select(place => sequence[place])];
            draw.Random.Shuffle<long>(values);
            for (int i = 0; i < places.Length; i++)
            {
                shuffled[places[i]] = values[i];
            }
        }

        return shuffled;
    }

    private static bool SameDigits(long[] a, long[] b) =>
        a.Zip(b).All(static pair => Arithmetic.Digits.Count(pair.First) == Arithmetic.Digits.Count(pair.Second));
}
