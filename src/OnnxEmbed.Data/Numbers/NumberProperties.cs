using OnnxEmbed.Tensors;

namespace OnnxEmbed.Data.Numbers;

/// <summary>The properties of the suite. To add one, see "Add a property" in the README beside the project file.</summary>
public static class NumberProperties
{
    /// <summary>Every property, by tier.</summary>
    public static IReadOnlyList<NumberProperty> All { get; } =
    [
        SurfaceProperties.Parity,
        SurfaceProperties.DivisibleBy3,
        SurfaceProperties.DigitSumParity,
        SurfaceProperties.Palindrome,
        SurfaceProperties.SameResidueMod5,
        SurfaceProperties.Increasing,
        SurfaceProperties.AlternatingParity,
        ArithmeticProperties.Prime,
        ArithmeticProperties.Squarefree,
        ArithmeticProperties.PerfectSquare,
        ArithmeticProperties.Moebius,
        ArithmeticProperties.OmegaTwoOrThree,
        ArithmeticProperties.QuadraticResidueMod13,
        ArithmeticProperties.Abundant,
        ArithmeticProperties.SumOfTwoSquares,
        ArithmeticProperties.Happy,
        StructuralProperties.ArithmeticProgression,
        StructuralProperties.FibonacciLike,
        StructuralProperties.ConstantSecondDifference,
        StructuralProperties.RecurrenceOfOrder2,
        StructuralProperties.SumDivisibleBy7,
        CompositionalProperties.AlternatingParityAndIncreasing,
        CompositionalProperties.EvenXorIncreasing,
        CompositionalProperties.QuadraticResidueAndIncreasing,
        CompositionalProperties.ProgressionAndDivisibleBy3,
        CompositionalProperties.AlternatingMoebius,
    ];

    /// <summary>The properties of the given names, in that order; all of them for null.</summary>
    /// <exception cref="OptionException">A name is unknown or comes twice; the text lists the known ones.</exception>
    public static IReadOnlyList<NumberProperty> Find(IReadOnlyList<string>? names)
    {
        if (names is null)
        {
            return All;
        }

        string[] unknown = [.. names.Where(name => All.All(property => property.Name != name))];
        if (unknown.Length > 0)
        {
            throw new OptionException(
                $"properties: unknown {string.Join(", ", unknown)}; there are {string.Join(", ", All.Select(property => property.Name))}");
        }

        string[] twice = [.. names.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => group.Key)];
        if (names.Count == 0 || twice.Length > 0)
        {
            throw new OptionException(
                names.Count == 0 ? "properties: needs at least one, got none" : $"properties: got {string.Join(", ", twice)} twice");
        }

        return [.. names.Select(name => All.Single(property => property.Name == name))];
    }
}
