namespace OnnxEmbed.Models.Tokenizers.Unicode;

/// <summary>
/// The four Unicode normalisation forms (UAX #15, https://www.unicode.org/reports/tr15/tr15-53.html, sections 1.3 and 5; Hangul by The
/// Unicode Standard 15.0, section 3.12). .NET leaves text as it is where the process runs without culture data, hence our own.
/// </summary>
internal sealed class NormalizationTable
{
    private const int HangulBase = 0xAC00;
    private const int HangulCount = 11172;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TailBase = 0x11A7;
    private const int VowelCount = 21;
    private const int TailCount = 28;

    private static readonly Lazy<NormalizationTable> CanonicalTable = new(() => new NormalizationTable(UnicodeTables.Instance, false));
    private static readonly Lazy<NormalizationTable> CompatibilityTable = new(() => new NormalizationTable(UnicodeTables.Instance, true));

    private readonly Dictionary<int, int[]> _full = [];
    private readonly Dictionary<int, byte> _combining;
    private readonly Dictionary<long, int> _compositions;
    private readonly CodePointSet _decomposes;
    private readonly CodePointSet _mayCompose;
    private readonly CodePointSet _marks;
    private readonly CodePointSet _changesComposed;

    private NormalizationTable(UnicodeTables tables, bool compatibility)
    {
        _combining = tables.CombiningClass;
        _compositions = tables.Compositions;
        IEnumerable<int> points = compatibility ? tables.Canonical.Keys.Concat(tables.Compatibility.Keys) : tables.Canonical.Keys;
        foreach (int point in points)
        {
            List<int> parts = [];
            Expand(tables, compatibility, point, parts);
            _full[point] = [.. parts];
        }

        _decomposes = CodePointSet.Of([.. _full.Keys.Select(p => (p, p)), (HangulBase, HangulBase + HangulCount - 1)]);
        _marks = CodePointSet.Of(_combining.Keys.Select(p => (p, p)));
        _mayCompose = CodePointSet.Of(
            [
                .. _compositions.Keys.Select(pair => (int)(pair & uint.MaxValue)).Select(p => (p, p)),
                (VowelBase, VowelBase + VowelCount - 1),
                (TailBase + 1, TailBase + TailCount - 1),
            ]).Union(_marks);
        // Hangul syllables and most composites come back as they were.
        _changesComposed = CodePointSet.Of(_full.Where(pair => !ComposesTo(pair.Value, pair.Key)).Select(pair => (pair.Key, pair.Key)));
    }

    /// <summary>Forms D and C.</summary>
    public static NormalizationTable Canonical => CanonicalTable.Value;

    /// <summary>Forms KD and KC.</summary>
    public static NormalizationTable Compatibility => CompatibilityTable.Value;

    /// <summary>The text decomposed and, if asked, composed again; the same object where nothing changes.</summary>
    public string Normalize(string text, bool compose)
    {
        if (IsStable(text, compose))
        {
            return text;
        }

        List<int> points = new(text.Length + 16);
        foreach (System.Text.Rune rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, points);
        }

        Reorder(points);
        if (compose)
        {
            Compose(points);
        }

        return CodePoints.ToText(points);
    }

    private bool ComposesTo(int[] parts, int point)
    {
        List<int> points = [.. parts];
        Compose(points);
        return points is [int one] && one == point;
    }

    // Nothing that changes by itself, is a mark, or may join what stands before it: the text is in its form.
    private bool IsStable(string text, bool compose)
    {
        CodePointSet alone = compose ? _changesComposed : _decomposes;
        CodePointSet joining = compose ? _mayCompose : _marks;
        for (int i = 0; i < text.Length; i++)
        {
            int point = text[i];
            if (point < 0xA0)
            {
                continue;
            }

            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length)
            {
                point = char.ConvertToUtf32(text[i], text[++i]);
            }

            if (alone.Contains(point) || joining.Contains(point))
            {
                return false;
            }
        }

        return true;
    }

    private void Decompose(int point, List<int> points)
    {
        if (point < 0xA0 || !_decomposes.Contains(point))
        {
            points.Add(point);
        }
        else if (_full.TryGetValue(point, out int[]? parts))
        {
            points.AddRange(parts);
        }
        else
        {
            int index = point - HangulBase;
            points.Add(LeadBase + (index / (VowelCount * TailCount)));
            points.Add(VowelBase + (index % (VowelCount * TailCount) / TailCount));
            if (index % TailCount != 0)
            {
                points.Add(TailBase + (index % TailCount));
            }
        }
    }

    // Runs of marks by their class, equal classes in their order.
    private void Reorder(List<int> points)
    {
        for (int start = 0; start < points.Count; start++)
        {
            if (points[start] < 0x300 || !_marks.Contains(points[start]))
            {
                continue;
            }

            int end = start + 1;
            while (end < points.Count && _marks.Contains(points[end]))
            {
                end++;
            }

            if (end - start > 1)
            {
                int[] run = [.. points.GetRange(start, end - start).OrderBy(point => _combining[point])];
                for (int i = 0; i < run.Length; i++)
                {
                    points[start + i] = run[i];
                }
            }

            start = end - 1;
        }
    }

    private void Compose(List<int> points)
    {
        int starter = -1;
        int lastClass = -1; // of what was kept since the starter; -1: nothing
        int kept = 0;
        for (int i = 0; i < points.Count; i++)
        {
            int point = points[i];
            int combining = point < 0x300 ? 0 : _combining.GetValueOrDefault(point);
            if (starter >= 0 && lastClass < combining && TryPair(points[starter], point, out int composite))
            {
                points[starter] = composite;
                continue;
            }

            if (combining == 0)
            {
                starter = kept;
                lastClass = -1;
            }
            else
            {
                lastClass = combining;
            }

            points[kept++] = point;
        }

        points.RemoveRange(kept, points.Count - kept);
    }

    private bool TryPair(int first, int second, out int composite)
    {
        if (second is >= VowelBase and < VowelBase + VowelCount && first is >= LeadBase and < LeadBase + 19)
        {
            composite = HangulBase + ((((first - LeadBase) * VowelCount) + (second - VowelBase)) * TailCount);
            return true;
        }

        if (second is > TailBase and < TailBase + TailCount && first is >= HangulBase and < HangulBase + HangulCount
            && (first - HangulBase) % TailCount == 0)
        {
            composite = first + (second - TailBase);
            return true;
        }

        return _compositions.TryGetValue(((long)first << 32) | (uint)second, out composite);
    }

    private static void Expand(UnicodeTables tables, bool compatibility, int point, List<int> parts)
    {
        if (tables.Canonical.TryGetValue(point, out int[]? step) || (compatibility && tables.Compatibility.TryGetValue(point, out step)))
        {
            foreach (int part in step)
            {
                Expand(tables, compatibility, part, parts);
            }
        }
        else
        {
            parts.Add(point);
        }
    }
}
