using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tokenizers.PreTokenizers;

/// <summary>Splits at each code point of a set: WhitespaceSplit, Punctuation, Digits, CharDelimiterSplit.</summary>
internal sealed class CharacterPreTokenizer(CodePointSet delimiters, DelimiterBehavior behavior) : PieceSplitter
{
    private static readonly Lazy<CodePointSet> NumberSet = new(
        () => UnicodeProperties.Category("N").Union(CodePointSet.Parse("11DE0-11DE9 16FF4-16FF6")));

    /// <summary>Numbers of any kind (Nd, Nl, No) as of Unicode 17.0.</summary>
    public static CodePointSet Numbers => NumberSet.Value;

    public static CodePointSet Punctuation => UnicodeTables.Instance.Set("Punctuation8");

    protected override void SplitOne(TextPieces pieces, TextSpan piece)
    {
        ReadOnlySpan<char> text = pieces.Text;
        pieces.Matches.Clear();
        int units;
        for (int i = piece.Start; i < piece.End; i += units)
        {
            if (delimiters.Contains(CodePoints.At(text, i, out units)))
            {
                pieces.Matches.Add(new TextSpan(i, units));
            }
        }

        Delimiters.Apply(pieces, piece, behavior, invert: false);
    }
}
