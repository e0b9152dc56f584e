using System.Globalization;

namespace OnnxEmbed.Models.Tokenizers.Unicode;

/// <summary>
/// What the Unicode Character Database says and .NET does not where it runs without culture data (decompositions, combining classes,
/// scripts), and the sets of characters as older versions of Unicode have them, which parts of the tokenizers library still see. Read
/// from <c>unicode.txt</c>, which <c>scripts/reference/make-unicode-tables.py</c> makes; it says which version serves what.
/// </summary>
internal sealed class UnicodeTables
{
    private static readonly Lazy<UnicodeTables> Loaded = new(() => new UnicodeTables());

    private readonly Dictionary<string, CodePointSet> _sets = [];
    private readonly HashSet<int> _excluded = [];

    private UnicodeTables()
    {
        using Stream stream = typeof(UnicodeTables).Assembly.GetManifestResourceStream("OnnxEmbed.Models.Tokenizers.Unicode.unicode.txt")!;
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is string line)
        {
            Read(line);
        }

        foreach ((int point, int[] parts) in Canonical)
        {
            // Singletons and decompositions that begin with a combining mark are never composed (UAX #15, section 5).
            if (parts.Length == 2 && !_excluded.Contains(point) && !CombiningClass.ContainsKey(parts[0]))
            {
                Compositions[((long)parts[0] << 32) | (uint)parts[1]] = point;
            }
        }
    }

    public static UnicodeTables Instance => Loaded.Value;

    /// <summary>Canonical decompositions, one step.</summary>
    public Dictionary<int, int[]> Canonical { get; } = [];

    /// <summary>Compatibility decompositions, one step.</summary>
    public Dictionary<int, int[]> Compatibility { get; } = [];

    /// <summary>Canonical combining classes other than 0.</summary>
    public Dictionary<int, byte> CombiningClass { get; } = [];

    /// <summary>The primary composite of (first &lt;&lt; 32) | second.</summary>
    public Dictionary<long, int> Compositions { get; } = [];

    /// <summary>Scripts by their name and its short form, and emoji properties, as of Unicode 16.0 without its new scripts.</summary>
    public Dictionary<string, CodePointSet> Scripts { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Scripts by their name, as of Unicode 9.0.</summary>
    public Dictionary<string, CodePointSet> OldScripts { get; } = [];

    public CodePointSet Set(string name) => _sets[name];

    private void Read(string line)
    {
        string[] fields = line.Split(' ', 3);
        switch (fields[0])
        {
            case "D" or "X" or "K":
                int point = Hex(fields[1]);
                (fields[0] == "K" ? Compatibility : Canonical)[point] = [.. fields[2].Split(' ').Select(Hex)];
                if (fields[0] == "X")
                {
                    _excluded.Add(point);
                }

                break;
            case "C":
                byte combining = byte.Parse(fields[1], CultureInfo.InvariantCulture);
                foreach ((int first, int last) in CodePointSet.Parse(fields[2]).Ranges())
                {
                    for (int mark = first; mark <= last; mark++)
                    {
                        CombiningClass[mark] = combining;
                    }
                }

                break;
            case "S":
                _sets[fields[1]] = CodePointSet.Parse(fields[2]);
                break;
            case "P":
                Scripts[fields[1]] = CodePointSet.Parse(fields[2]);
                break;
            case "A":
                Scripts[fields[1]] = Scripts[fields[2]];
                break;
            case "Q":
                OldScripts[fields[1]] = CodePointSet.Parse(fields[2]);
                break;
            default:
                break; // a comment
        }
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
