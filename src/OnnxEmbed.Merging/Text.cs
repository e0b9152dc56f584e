using System.Globalization;

namespace OnnxEmbed.Merging;

/// <summary>Numbers and lists as messages and recipes show them.</summary>
internal static class Text
{
    public static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public static string Numbers(IEnumerable<double> values) => string.Join(", ", values.Select(Number));
}
