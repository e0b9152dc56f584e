using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Searching;

/// <summary>
/// How finely a parameter is searched: points at equal distances, then a golden section between the neighbours of the best one.
/// </summary>
/// <param name="Low">The least value.</param>
/// <param name="High">The greatest value, above <paramref name="Low"/>.</param>
/// <param name="Points">Points of the grid with both ends, 2 or more.</param>
/// <param name="Tolerance">Width of the interval at which the golden section stops, above 0.</param>
public sealed record SearchGrid(double Low, double High, int Points, double Tolerance)
{
    /// <summary>Digits after the point that values are rounded to: three beyond the tolerance.</summary>
    internal int Digits => Math.Clamp(3 - (int)Math.Floor(Math.Log10(Tolerance)), 0, 15);

    /// <summary>The value of a point of the grid.</summary>
    internal double At(int point) => point == 0 ? Low : point == Points - 1 ? High : Rounded(Low + ((High - Low) * point / (Points - 1)));

    /// <summary>A value to the digits of the search, so that the same point is met again as the same number.</summary>
    internal double Rounded(double value) => Math.Round(value, Digits);

    /// <exception cref="OptionException">The range is empty or a number is out of its range; all faults in one message.</exception>
    internal void Validate()
    {
        List<string> faults = [];
        if (!(double.IsFinite(Low) && double.IsFinite(High) && Low < High))
        {
            faults.Add($"range: needs two finite numbers in rising order, got {Text.Number(Low)}, {Text.Number(High)}");
        }

        if (Points is < 2 or > 10_001)
        {
            faults.Add(FormattableString.Invariant($"points: needs a number in [2, 10001], got {Points}"));
        }

        if (!(Tolerance >= 1e-12 && double.IsFinite(Tolerance)))
        {
            faults.Add($"tolerance: needs a number from 1e-12 on, got {Text.Number(Tolerance)}");
        }

        if (faults.Count > 0)
        {
            throw new OptionException("search: " + string.Join("; ", faults));
        }
    }
}
