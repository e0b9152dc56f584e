using System.Collections.Concurrent;
using System.Globalization;

namespace OnnxEmbed.Models.Tokenizers.Unicode;

/// <summary>
/// Sets of code points by the names that regular expressions give them: general categories (as .NET 10 and Oniguruma 6.9.10 have them,
/// Unicode 16.0) and scripts. Made when they are first asked for.
/// </summary>
internal static class UnicodeProperties
{
    private static readonly string[] Names =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
        "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    private static readonly Dictionary<string, string> LongNames = new(StringComparer.Ordinal)
    {
        ["letter"] = "L",
        ["uppercaseletter"] = "Lu",
        ["lowercaseletter"] = "Ll",
        ["titlecaseletter"] = "Lt",
        ["modifierletter"] = "Lm",
        ["otherletter"] = "Lo",
        ["mark"] = "M",
        ["combiningmark"] = "M",
        ["nonspacingmark"] = "Mn",
        ["spacingmark"] = "Mc",
        ["enclosingmark"] = "Me",
        ["number"] = "N",
        ["decimalnumber"] = "Nd",
        ["letternumber"] = "Nl",
        ["othernumber"] = "No",
        ["separator"] = "Z",
        ["spaceseparator"] = "Zs",
        ["lineseparator"] = "Zl",
        ["paragraphseparator"] = "Zp",
        ["other"] = "C",
        ["control"] = "Cc",
        ["format"] = "Cf",
        ["surrogate"] = "Cs",
        ["privateuse"] = "Co",
        ["unassigned"] = "Cn",
        ["punctuation"] = "P",
        ["connectorpunctuation"] = "Pc",
        ["dashpunctuation"] = "Pd",
        ["openpunctuation"] = "Ps",
        ["closepunctuation"] = "Pe",
        ["initialpunctuation"] = "Pi",
        ["finalpunctuation"] = "Pf",
        ["otherpunctuation"] = "Po",
        ["symbol"] = "S",
        ["mathsymbol"] = "Sm",
        ["currencysymbol"] = "Sc",
        ["modifiersymbol"] = "Sk",
        ["othersymbol"] = "So",
    };

    private static readonly Lazy<List<(int First, int Last)>[]> Categories = new(Scan);
    private static readonly ConcurrentDictionary<string, CodePointSet> Known = new(StringComparer.Ordinal);

    /// <summary>White space (the property White_Space), which is also <c>\s</c>.</summary>
    public static CodePointSet WhiteSpace { get; } = CodePointSet.Parse("9-D 20 85 A0 1680 2000-200A 2028-2029 202F 205F 3000");

    /// <summary>A general category: one letter or two.</summary>
    public static CodePointSet Category(string name) => Known.GetOrAdd(name, key => CodePointSet.Of(
        Names.Index().Where(one => one.Item.StartsWith(key, StringComparison.Ordinal)).SelectMany(one => Categories.Value[one.Index])));

    /// <summary>
    /// The set behind <c>\p{name}</c>; case, blanks, hyphens and underscores do not matter. Null where it is not known.
    /// </summary>
    public static CodePointSet? Find(string name)
    {
        string plain = new([.. name.Where(c => c is not (' ' or '-' or '_')).Select(char.ToLowerInvariant)]);
        return plain switch
        {
            "any" => CodePointSet.All,
            "assigned" => Category("Cn").Complement(),
            "alnum" => Alphabetic().Union(Category("Nd")),
            "alpha" or "alphabetic" => Alphabetic(),
            "ascii" => CodePointSet.Parse("0-7F"),
            "blank" => Category("Zs").Union(CodePointSet.Of('\t')),
            "cntrl" => Category("Cc"),
            "digit" => Category("Nd"),
            "graph" => WhiteSpace.Union(Category("Cc")).Union(Category("Cn")).Union(Category("Cs")).Complement(),
            "lower" or "lowercase" => Category("Ll").Union(UnicodeTables.Instance.Set("OtherLowercase")),
            "print" => Category("Cc").Union(Category("Cn")).Union(Category("Cs")).Union(CodePointSet.Parse("2028-2029")).Complement(),
            "punct" => Category("P"),
            "lc" or "casedletter" => Category("Lu").Union(Category("Ll")).Union(Category("Lt")),
            "space" or "whitespace" => WhiteSpace,
            "upper" or "uppercase" => Category("Lu").Union(UnicodeTables.Instance.Set("OtherUppercase")),
            "xdigit" => CodePointSet.Parse("30-39 41-46 61-66"),
            "word" => CodePoints.Word,
            _ => CategoryOf(plain) is string category ? Category(category) : Script(plain),
        };
    }

    private static CodePointSet Alphabetic() =>
        Category("L").Union(Category("Nl")).Union(UnicodeTables.Instance.Set("OtherAlphabetic"));

    private static string? CategoryOf(string plain)
    {
        if (LongNames.TryGetValue(plain, out string? category))
        {
            return category;
        }

        category = plain.Length is 1 or 2 ? char.ToUpperInvariant(plain[0]) + plain[1..] : "";
        return category.Length > 0 && Array.Exists(Names, name => name.StartsWith(category, StringComparison.Ordinal)) ? category : null;
    }

    private static CodePointSet? Script(string plain)
    {
        foreach ((string name, CodePointSet set) in UnicodeTables.Instance.Scripts)
        {
            if (name.Replace("_", "", StringComparison.Ordinal).Equals(plain, StringComparison.OrdinalIgnoreCase))
            {
                return set;
            }
        }

        return null;
    }

    private static List<(int First, int Last)>[] Scan()
    {
        List<(int First, int Last)>[] found = [.. Names.Select(_ => new List<(int First, int Last)>())];
        int start = 0;
        UnicodeCategory current = CharUnicodeInfo.GetUnicodeCategory(0);
        for (int point = 1; point <= CodePointSet.Limit; point++)
        {
            if (point == CodePointSet.Limit || CharUnicodeInfo.GetUnicodeCategory(point) != current)
            {
                found[(int)current].Add((start, point - 1));
                start = point;
                current = point < CodePointSet.Limit ? CharUnicodeInfo.GetUnicodeCategory(point) : current;
            }
        }

        return found;
    }
}
