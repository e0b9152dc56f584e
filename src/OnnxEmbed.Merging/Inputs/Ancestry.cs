using System.Globalization;
using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Inputs;

/// <summary>
/// Tells whether models descend from one base, by the angles between their large matrices. Between unrelated models these are 90°: the
/// cosine of
/// n independent elements has the deviation 1/√n, 0.9° for the 4096 that are looked at here. To turn a matrix by 60° training has to
/// change it by 1.7 times its norm, by 80° by 5.7 times; fine-tuning stays below a few tenths.
/// </summary>
internal static class Ancestry
{
    /// <summary>Median angle in degrees from which a merge is refused.</summary>
    public const double RefusedFrom = 80;

    /// <summary>Median angle in degrees from which the user is warned.</summary>
    public const double WarnedFrom = 60;

    private const int SampleLength = 4096;
    private const int SampleParts = 4;
    private const int FewestMatrices = 3;

    /// <summary>Compares each model with the first.</summary>
    public static void Check(IReadOnlyList<MergeSource> sources, Alignment alignment, bool allowUnrelated, List<string> faults,
        List<string> warnings)
    {
        OnnxModel model = sources[0].Model;
        string[] matrices = [.. model.Tensors
            .Where(entry => entry.Value.ElementType.IsFloat() && entry.Value.Shape.Count == 2 && entry.Value.ElementCount >= SampleLength)
            .SelectMany(entry => alignment.Of(entry.Key))
            .Where(unit => !unit.IsKept)
            .Select(unit => unit.Name)];
        foreach (MergeSource source in sources.Skip(1))
        {
            (string Name, double Degrees)[] angles = [.. matrices
                .Where(name => source.BindingOf(name) is not null)
                .Select(name => (name, Degrees: Angle(sources[0].Weights(name), source.Weights(name))))
                .Where(angle => double.IsFinite(angle.Degrees))
                .OrderBy(angle => angle.Degrees)];
            double median = angles.Length < FewestMatrices ? 0 : angles[angles.Length / 2].Degrees;
            if (median < WarnedFrom)
            {
                continue;
            }

            string evidence = $"the median angle of {angles.Length} large matrices is {Text(median)} "
                + $"(from {Text(angles[0].Degrees)} in '{angles[0].Name}' to {Text(angles[^1].Degrees)} in '{angles[^1].Name}')";
            if (median < RefusedFrom)
            {
                warnings.Add($"{source.Label} is far from {sources[0].Label}: {evidence}");
            }
            else if (allowUnrelated)
            {
                warnings.Add($"{source.Label} and {sources[0].Label} do not descend from one base: {evidence}");
            }
            else
            {
                faults.Add(
                    $"{source.Label} and {sources[0].Label} do not descend from one base: {evidence}; --allow-unrelated merges them all the same");
            }
        }
    }

    private static double Angle(WeightSource first, WeightSource other)
    {
        long count = first.Stored.ElementCount;
        int length = (int)Math.Min(SampleLength, count) / SampleParts;
        Span<double> one = stackalloc double[length];
        Span<double> two = stackalloc double[length];
        PairSums sums = default;
        for (int part = 0; part < SampleParts; part++)
        {
            long start = (count - length) / (SampleParts - 1) * part;
            first.Doubles(start, one);
            other.Doubles(start, two);
            sums += Reductions.Pair(one, two);
        }

        return sums.Angle * (180 / Math.PI);
    }

    private static string Text(double degrees) => degrees.ToString("0.0", CultureInfo.InvariantCulture) + "°";
}
