using System.Text;
using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tokenizers.Normalizers;

/// <summary>Drops the code points of one set and makes a blank of those of another.</summary>
internal sealed class FilterNormalizer(CodePointSet drop, CodePointSet blank) : INormalizer
{
    private static readonly Lazy<FilterNormalizer> Marks = new(
        () => new FilterNormalizer(UnicodeTables.Instance.Set("Mark9"), CodePointSet.Empty));

    /// <summary>StripAccents: all combining marks go.</summary>
    public static FilterNormalizer StripAccents => Marks.Value;

    /// <summary>
    /// Nmt: control characters go, unusual blanks become blanks (SentencePiece 0.2, normalizer rule nmt_nfkc, without its NFKC).
    /// </summary>
    public static FilterNormalizer Nmt { get; } = new(
        CodePointSet.Parse("1-8 B E-1F 7F 8F 9F"),
        CodePointSet.Parse("9 A C D 1680 200B-200F 2028-2029 2581 FEFF FFFD"));

    public string Normalize(string text, ref bool cutAtStart)
    {
        StringBuilder? changed = null;
        for (int i = 0; i < text.Length;)
        {
            int point = CodePoints.At(text, i, out int units);
            bool drops = drop.Contains(point);
            bool blanks = blank.Contains(point);
            if (changed is null && (drops || blanks))
            {
                changed = new StringBuilder(text.Length).Append(text, 0, i);
            }

            cutAtStart |= drops && i == 0;
            if (!drops)
            {
                _ = blanks ? changed!.Append(' ') : changed?.Append(text, i, units);
            }

            i += units;
        }

        return changed?.ToString() ?? text;
    }
}
