using System.Globalization;

namespace OnnxEmbed.Models.Importing;

/// <summary>Names in an error line: the first few, and how many there are beside them.</summary>
internal static class ShortList
{
    private const int Shown = 12;

    public static string Of(IReadOnlyCollection<string> names, string separator = ", ") => names.Count <= Shown
        ? string.Join(separator, names)
        : string.Create(CultureInfo.InvariantCulture, $"{string.Join(separator, names.Take(Shown))}{separator}and {names.Count - Shown} more");
}
