namespace OnnxEmbed.Models.Tokenizers.Unicode;

/// <summary>A set of Unicode code points: sorted ranges to compute with and a two-stage bitmap to ask. Immutable.</summary>
internal sealed class CodePointSet
{
    public const int Limit = 0x110000;

    private const int PageBits = 8;
    private const int WordsPerPage = 1 << (PageBits - 6);

    private readonly int[] _bounds;
    private readonly ushort[] _pages = new ushort[Limit >> PageBits];
    private readonly ulong[] _words;

    // Bounds are [start, end) pairs in order without touching neighbours.
    private CodePointSet(int[] bounds)
    {
        _bounds = bounds;
        List<ulong> words = [.. new ulong[WordsPerPage], .. Enumerable.Repeat(ulong.MaxValue, WordsPerPage)];
        for (int i = 0; i < bounds.Length; i += 2)
        {
            for (int at = bounds[i]; at < bounds[i + 1];)
            {
                int page = at >> PageBits;
                int end = Math.Min(bounds[i + 1], (page + 1) << PageBits);
                if (end - at == 1 << PageBits)
                {
                    _pages[page] = 1;
                }
                else
                {
                    if (_pages[page] == 0)
                    {
                        _pages[page] = (ushort)(words.Count / WordsPerPage);
                        words.AddRange(new ulong[WordsPerPage]);
                    }

                    for (int point = at; point < end; point++)
                    {
                        words[(_pages[page] * WordsPerPage) + ((point >> 6) & (WordsPerPage - 1))] |= 1UL << (point & 63);
                    }
                }

                at = end;
            }
        }

        _words = [.. words];
    }

    public static CodePointSet Empty { get; } = new([]);

    public static CodePointSet All { get; } = new([0, Limit]);

    public bool IsEmpty => _bounds.Length == 0;

    /// <summary>The bounds of its ranges: start, end (exclusive), start, end, in order.</summary>
    public ReadOnlySpan<int> Bounds => _bounds;

    /// <summary>Ranges given as first and last code point; they may overlap and come in any order.</summary>
    public static CodePointSet Of(IEnumerable<(int First, int Last)> ranges)
    {
        List<int> bounds = [];
        foreach ((int first, int last) in ranges.OrderBy(range => range.First))
        {
            if (bounds.Count > 0 && first <= bounds[^1])
            {
                bounds[^1] = Math.Max(bounds[^1], last + 1);
            }
            else
            {
                bounds.Add(first);
                bounds.Add(last + 1);
            }
        }

        return new CodePointSet([.. bounds]);
    }

    public static CodePointSet Of(int point) => new([point, point + 1]);

    /// <summary>Reads <c>41-5A 61-7A AA</c>.</summary>
    public static CodePointSet Parse(ReadOnlySpan<char> text)
    {
        List<(int, int)> ranges = [];
        foreach (Range part in text.Split(' '))
        {
            ReadOnlySpan<char> range = text[part];
            int dash = range.IndexOf('-');
            int first = Hex(dash < 0 ? range : range[..dash]);
            ranges.Add((first, dash < 0 ? first : Hex(range[(dash + 1)..])));
        }

        return Of(ranges);
    }

    public bool Contains(int point) => unchecked(
        ((_words[(_pages[(uint)point >> PageBits] * WordsPerPage) + ((point >> 6) & (WordsPerPage - 1))] >> (point & 63)) & 1) != 0);

    public CodePointSet Union(CodePointSet other) => Of(Ranges().Concat(other.Ranges()));

    public CodePointSet Complement()
    {
        List<int> bounds = [];
        int at = 0;
        for (int i = 0; i < _bounds.Length; i += 2)
        {
            if (_bounds[i] > at)
            {
                bounds.AddRange([at, _bounds[i]]);
            }

            at = _bounds[i + 1];
        }

        if (at < Limit)
        {
            bounds.AddRange([at, Limit]);
        }

        return new CodePointSet([.. bounds]);
    }

    public CodePointSet Intersect(CodePointSet other) => Complement().Union(other.Complement()).Complement();

    public IEnumerable<(int First, int Last)> Ranges()
    {
        for (int i = 0; i < _bounds.Length; i += 2)
        {
            yield return (_bounds[i], _bounds[i + 1] - 1);
        }
    }

    private static int Hex(ReadOnlySpan<char> text) =>
        int.Parse(text, System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture);
}
