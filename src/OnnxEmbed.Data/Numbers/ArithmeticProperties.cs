using OnnxEmbed.Data.Arithmetic;

namespace OnnxEmbed.Data.Numbers;

/// <summary>
/// T2: an arithmetic function of each element. The side conditions take away what the last digit and small divisors would tell.
/// </summary>
internal static class ArithmeticProperties
{
    /// <summary>μ = 1 against μ = -1 among the squarefree integers coprime to 30.</summary>
    public static readonly ElementRule MoebiusRule = new(
        static n => Factorisation.Of(n).Moebius == 1,
        static n => IsCoprimeTo30(n) && Factorisation.Of(n).IsSquarefree);

    /// <summary>Squares modulo 13 against the others, multiples of 13 apart.</summary>
    public static readonly ElementRule QuadraticResidueRule = new(
        static n => Residues.Legendre(n, 13) == 1,
        static n => n % 13 != 0);

    public static readonly NumberProperty Prime = new ElementProperty(
        "prime",
        NumberTier.Arithmetic,
        "Every element is prime; negatives: every element is composite. Side condition: coprime to 30.",
        new ElementRule(Primality.IsPrime, IsCoprimeTo30));

    public static readonly NumberProperty Squarefree = new ElementProperty(
        "squarefree",
        NumberTier.Arithmetic,
        "No prime divides an element twice; negatives: a square above 1 divides every element. Side condition: coprime to 30.",
        new ElementRule(static n => Factorisation.Of(n).IsSquarefree, IsCoprimeTo30));

    public static readonly NumberProperty PerfectSquare = new ElementProperty(
        "perfect_square",
        NumberTier.Arithmetic,
        "Every element is a perfect square; negatives: none is. Side condition: no multiple of 5, and a square modulo 16, 9, 25 and 7.",
        new ElementRule(Residues.IsSquare, IsSquareModuloSmallNumbers, new RareSquares()));

    public static readonly NumberProperty Moebius = new ElementProperty(
        "mobius",
        NumberTier.Arithmetic,
        "Every element has an even number of primes (Möbius function 1); negatives: an odd number (-1). Side condition: "
        + "squarefree and coprime to 30.",
        MoebiusRule);

    public static readonly NumberProperty OmegaTwoOrThree = new ElementProperty(
        "omega_2_vs_3",
        NumberTier.Arithmetic,
        "Every element has two different prime factors; negatives: three. Side condition: coprime to 30.",
        new ElementRule(
            static n => Factorisation.Of(n).DistinctPrimes == 2,
            static n => IsCoprimeTo30(n) && Factorisation.Of(n).DistinctPrimes is 2 or 3));

    public static readonly NumberProperty QuadraticResidueMod13 = new ElementProperty(
        "quadratic_residue_mod_13",
        NumberTier.Arithmetic,
        "Every element is a square modulo 13; negatives: none is. Side condition: no multiple of 13.",
        QuadraticResidueRule);

    public static readonly NumberProperty Abundant = new ElementProperty(
        "abundant",
        NumberTier.Arithmetic,
        "The divisors of every element sum to more than twice the element; negatives: to less. "
        + "Side condition: a multiple of 4, not of 3 or 5, and not perfect.",
        new ElementRule(
            static n => Factorisation.Of(n).DivisorSum > 2 * n,
            static n => n % 4 == 0 && n % 3 != 0 && n % 5 != 0 && Factorisation.Of(n).DivisorSum != 2 * n));

    public static readonly NumberProperty SumOfTwoSquares = new ElementProperty(
        "sum_of_two_squares",
        NumberTier.Arithmetic,
        "Every element is the sum of two squares; negatives: none is. Side condition: 1 modulo 4.",
        new ElementRule(static n => Factorisation.Of(n).IsSumOfTwoSquares, static n => n % 4 == 1));

    public static readonly NumberProperty Happy = new ElementProperty(
        "happy",
        NumberTier.Arithmetic,
        "Repeating the sum of squared digits leads every element to 1; negatives: none.",
        new ElementRule(Digits.IsHappy));

    private static bool IsCoprimeTo30(long n) => n % 2 != 0 && n % 3 != 0 && n % 5 != 0;

    // Multiples of 5 are left out because a fifth of all squares, but only one of the eleven square remainders modulo 25, are such:
    // the last digit would tell. The ten others come equally often on both sides.
    private static bool IsSquareModuloSmallNumbers(long n) =>
        n % 5 != 0 && Residues.IsSquareModulo(n, 16) && Residues.IsSquareModulo(n, 9) && Residues.IsSquareModulo(n, 25)
        && Residues.IsSquareModulo(n, 7);
}
