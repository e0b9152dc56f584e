using System.Globalization;

namespace OnnxEmbed.Data.Numbers;

/// <summary>What a reader could learn from a sequence instead of the property: the nuisance columns.</summary>
internal static class SequenceAttributes
{
    /// <summary>The notation <c>comma</c>: "1, 4, 9".</summary>
    public static string Text(ReadOnlySpan<long> sequence)
    {
        string[] parts = new string[sequence.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = sequence[i].ToString(CultureInfo.InvariantCulture);
        }

        return string.Join(", ", parts);
    }

    /// <summary>
    /// Mean of the decimal logarithms, to six places so that the last bit of a platform's logarithm does not show in the bytes.
    /// </summary>
    public static double MeanLog10(ReadOnlySpan<long> sequence)
    {
        double sum = 0;
        foreach (long n in sequence)
        {
            sum += Math.Log10(n);
        }

        return Math.Round(sum / sequence.Length, 6);
    }

    /// <summary>What most elements are: even, odd, or balanced when as many are one as the other.</summary>
    public static string Parity(ReadOnlySpan<long> sequence)
    {
        int odd = 0;
        foreach (long n in sequence)
        {
            odd += (int)(n % 2);
        }

        return (2 * odd).CompareTo(sequence.Length) switch { < 0 => "even", > 0 => "odd", _ => "balanced" };
    }

    /// <summary>Number of elements that are larger than the one before: 0 when falling, length - 1 when rising.</summary>
    public static long Ascents(ReadOnlySpan<long> sequence)
    {
        long ascents = 0;
        for (int i = 1; i < sequence.Length; i++)
        {
            ascents += sequence[i] > sequence[i - 1] ? 1 : 0;
        }

        return ascents;
    }

    /// <summary>Half an order of magnitude a bucket: bucket b holds sequences with mean logarithm in [b/2, (b+1)/2).</summary>
    public static long MagnitudeBucket(double meanLog10) => (long)Math.Floor(meanLog10 * 2);
}
