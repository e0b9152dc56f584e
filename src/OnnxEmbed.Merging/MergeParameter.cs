using System.Globalization;

namespace OnnxEmbed.Merging;

/// <summary>A parameter of a merge method.</summary>
/// <param name="Name">Its name in recipes, as mergekit has it where mergekit has it.</param>
/// <param name="Kind">What its values look like.</param>
/// <param name="Default">The value as text when none is given; null where one has to be given.</param>
/// <param name="Description">What it does.</param>
public sealed record MergeParameter(string Name, MergeParameterKind Kind, string? Default, string Description)
{
    /// <summary>Smallest number allowed.</summary>
    public double Minimum { get; init; } = double.NegativeInfinity;

    /// <summary>Largest number allowed.</summary>
    public double Maximum { get; init; } = double.PositiveInfinity;

    /// <summary>Whether the extrapolate option lifts <see cref="Minimum"/> and <see cref="Maximum"/>.</summary>
    public bool CanExtrapolate { get; init; }

    /// <summary>The default where mergekit's numbers are wanted and it has another one; null for the same.</summary>
    public string? MergekitDefault { get; init; }

    /// <summary>The words of a choice.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Reads a value; what is wrong with it is added to <paramref name="faults"/>.</summary>
    internal object? Parse(string text, bool extrapolate, List<string> faults)
    {
        switch (Kind)
        {
            case MergeParameterKind.Flag:
                if (bool.TryParse(text, out bool flag))
                {
                    return flag;
                }

                faults.Add($"{Name}: needs true or false, got '{text}'");
                return null;
            case MergeParameterKind.Choice:
                if (Choices.Contains(text, StringComparer.Ordinal))
                {
                    return text;
                }

                faults.Add($"{Name}: needs one of {string.Join(", ", Choices)}, got '{text}'");
                return null;
            default:
                return ParseNumber(text, extrapolate, faults);
        }
    }

    /// <summary>
    /// Checks a value that is no text: a double, bool or string as the kind asks. What is wrong is added to <paramref name="faults"/>.
    /// </summary>
    internal object? Check(object value, bool extrapolate, List<string> faults) => value switch
    {
        double number when Kind is MergeParameterKind.Number or MergeParameterKind.Integer => CheckNumber(number, extrapolate, faults),
        bool when Kind == MergeParameterKind.Flag => value,
        _ => Parse(Convert.ToString(value, CultureInfo.InvariantCulture)!, extrapolate, faults),
    };

    private double? ParseNumber(string text, bool extrapolate, List<string> faults)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number))
        {
            return CheckNumber(number, extrapolate, faults);
        }

        faults.Add($"{Name}: needs a number, got '{text}'");
        return null;
    }

    private double? CheckNumber(double number, bool extrapolate, List<string> faults)
    {
        if (!double.IsFinite(number) || (Kind == MergeParameterKind.Integer && number != Math.Floor(number)))
        {
            faults.Add(string.Create(CultureInfo.InvariantCulture,
                $"{Name}: needs a {(Kind == MergeParameterKind.Integer ? "whole " : "")}number, got {number}"));
            return null;
        }

        if ((number < Minimum || number > Maximum) && !(extrapolate && CanExtrapolate))
        {
            string remedy = CanExtrapolate ? "; --extrapolate allows it" : "";
            string range = Minimum == double.NegativeInfinity ? $"up to {Text.Number(Maximum)}"
                : Maximum == double.PositiveInfinity ? $"from {Text.Number(Minimum)} on"
                : $"in [{Text.Number(Minimum)}, {Text.Number(Maximum)}]";
            faults.Add($"{Name}: needs a number {range}, got {Text.Number(number)}{remedy}");
            return null;
        }

        return number;
    }
}
