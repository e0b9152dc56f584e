using OnnxEmbed.Data.Arithmetic;

namespace OnnxEmbed.Data.Numbers;

/// <summary>T1: what digits or neighbours show.</summary>
internal static class SurfaceProperties
{
    public static readonly NumberProperty Parity = new ElementProperty(
        "parity",
        NumberTier.Surface,
        "Every element is even; negatives: every element is odd.",
        new ElementRule(static n => n % 2 == 0),
        LeakBounds.Surface);

    public static readonly NumberProperty DivisibleBy3 = new ElementProperty(
        "divisible_by_3",
        NumberTier.Surface,
        "Every element is a multiple of 3; negatives: none is.",
        new ElementRule(static n => n % 3 == 0));

    public static readonly NumberProperty DigitSumParity = new ElementProperty(
        "digit_sum_parity",
        NumberTier.Surface,
        "Every digit sum is even; negatives: every digit sum is odd.",
        new ElementRule(static n => Digits.Sum(n) % 2 == 0));

    public static readonly NumberProperty Palindrome = new ElementProperty(
        "palindrome",
        NumberTier.Surface,
        "Every element reads the same both ways; negatives: none does.",
        new ElementRule(Digits.IsPalindrome, rare: new RarePalindromes()),
        LeakBounds.Surface);

    public static readonly NumberProperty SameResidueMod5 = new EditedProperty(
        "same_residue_mod_5",
        NumberTier.Surface,
        "All elements leave one remainder modulo 5; negatives: one element is moved by 1 or 2.",
        static sequence => Array.TrueForAll(sequence, n => n % 5 == sequence[0] % 5),
        static draw =>
        {
            long residue = draw.Random.Between(0, 4);
            return () => Sequences.Distinct(draw, (_, digitCount) => draw.Element(digitCount, n => n % 5 == residue));
        },
        static (draw, sequence) => Edits.MoveOne(draw, sequence, 2));

    public static readonly NumberProperty Increasing = new EditedProperty(
        "increasing",
        NumberTier.Surface,
        "Each element is larger than the one before; negatives: the same elements in another order. All elements have one "
        + "number of digits.",
        Sequences.IsIncreasing,
        static draw =>
        {
            int digitCount = draw.DigitCount();
            return () => Sequences.Sorted(Sequences.Distinct(draw, (_, _) => draw.Element(digitCount)));
        },
        static (draw, sequence) => Edits.Shuffle(draw, sequence));

    public static readonly NumberProperty AlternatingParity = new EditedProperty(
        "alternating_parity",
        NumberTier.Surface,
        "Even and odd elements take turns; negatives: one even and one odd element are moved by 1 or 3, so that as many are "
        + "even as before.",
        Sequences.AlternatesInParity,
        static draw =>
        {
            int phase = draw.Random.Below(2);
            return () => Sequences.Distinct(draw, (i, digitCount) => draw.Element(digitCount, n => (n + i) % 2 == phase));
        },
        static (draw, sequence) => Edits.ExchangeClasses(draw, sequence, static n => n % 2 == 0, n => Sequences.OtherParity(draw, n)));
}
