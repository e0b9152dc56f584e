using System.Globalization;
using OnnxEmbed.Evaluation.Statistics;

namespace OnnxEmbed.Evaluation.Attributes;

/// <summary>
/// A column beside the embeddings, such as the length of the text: what else the embeddings may encode. Categories are numbered in ordinal
/// order of their names; numbers are put into buckets of about equal size.
/// </summary>
public sealed class AttributeColumn
{
    /// <summary>The name under which absent values are grouped.</summary>
    public const string Missing = "(missing)";

    /// <summary>Numbers with at most this many distinct values are categories.</summary>
    public const int MaxDistinctNumbers = 10;

    private AttributeColumn(string name, bool isNumeric, int[] codes, string[] values, double[]? numbers)
    {
        Name = name;
        IsNumeric = isNumeric;
        Codes = codes;
        Values = values;
        Numbers = numbers;
    }

    /// <summary>Name of the column.</summary>
    public string Name { get; }

    /// <summary>Whether the column holds numbers.</summary>
    public bool IsNumeric { get; }

    /// <summary>Index into <see cref="Values"/> [n] of each item.</summary>
    public int[] Codes { get; }

    /// <summary>Names of the categories, or ranges of the buckets such as <c>[4, 7]</c>.</summary>
    public IReadOnlyList<string> Values { get; }

    /// <summary>The numbers [n] themselves, NaN where absent; null for categories.</summary>
    public double[]? Numbers { get; }

    /// <summary>A column of categories; null is <see cref="Missing"/>.</summary>
    public static AttributeColumn Categorical(string name, IReadOnlyList<string?> values)
    {
        string[] names = [.. values.Select(value => value ?? Missing).Distinct().Order(StringComparer.Ordinal)];
        int[] codes = [.. values.Select(value => Array.BinarySearch(names, value ?? Missing, StringComparer.Ordinal))];
        return new AttributeColumn(name, false, codes, names, null);
    }

    /// <summary>
    /// A column of numbers; NaN is <see cref="Missing"/>. More than 10 distinct ones are cut at their quantiles into
    /// <paramref name="buckets"/> buckets, equal numbers staying together.
    /// </summary>
    public static AttributeColumn Numeric(string name, IReadOnlyList<double> values, int buckets = 5)
    {
        double[] sorted = [.. values.Where(value => !double.IsNaN(value)).Order()];
        double[] distinct = [.. sorted.Distinct()];

        // Upper ends of all buckets but the last.
        double[] cuts = distinct.Length <= MaxDistinctNumbers
            ? distinct[..Math.Max(0, distinct.Length - 1)]
            : [.. Enumerable.Range(1, buckets - 1).Select(bucket => Quantiles.Of(sorted, bucket / (double)buckets)).Distinct()];
        int[] codes = new int[values.Count];
        for (int i = 0; i < codes.Length; i++)
        {
            int at = Array.BinarySearch(cuts, values[i]);
            codes[i] = double.IsNaN(values[i]) ? cuts.Length + 1 : at >= 0 ? at : ~at;
        }

        int[] used = [.. codes.Distinct().Order()];
        string[] names = [.. used.Select(code => code > cuts.Length ? Missing : Range(values, codes, code))];
        return new AttributeColumn(name, true, [.. codes.Select(code => Array.BinarySearch(used, code))], names, [.. values]);
    }

    private static string Range(IReadOnlyList<double> values, int[] codes, int code)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        for (int i = 0; i < codes.Length; i++)
        {
            if (codes[i] == code)
                (low, high) = (Math.Min(low, values[i]), Math.Max(high, values[i]));
        }

        return low == high ? Text(low) : $"[{Text(low)}, {Text(high)}]";
    }

    private static string Text(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
