using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tokenizers.PreTokenizers;

/// <summary>
/// Splits where the script changes (SentencePiece's IsValidSentencePiece): Hiragana, Katakana and U+30FC count as Han, a blank and what
/// had no script in Unicode 9.0 as any. Like the library it drops what stands before the first character with a script.
/// </summary>
internal sealed class UnicodeScriptsPreTokenizer : PieceSplitter
{
    private const int ProlongedSound = 0x30FC;

    private readonly CodePointSet[] _scripts;

    public UnicodeScriptsPreTokenizer()
    {
        Dictionary<string, CodePointSet> scripts = new(UnicodeTables.Instance.OldScripts);
        CodePointSet han = scripts["Han"].Union(scripts["Hiragana"]).Union(scripts["Katakana"]).Union(CodePointSet.Of(ProlongedSound));
        CodePointSet common = scripts["Common"].Intersect(CodePointSet.Of([(' ', ' '), (ProlongedSound, ProlongedSound)]).Complement());
        foreach (string name in (string[])["Han", "Hiragana", "Katakana", "Common"])
        {
            scripts.Remove(name);
        }

        _scripts = [common, scripts["Latin"], han, .. scripts.Where(script => script.Key != "Latin").Select(script => script.Value)];
    }

    protected override void SplitOne(TextPieces pieces, TextSpan piece)
    {
        ReadOnlySpan<char> text = pieces.Text;
        int start = -1;
        int last = -1;
        int units;
        for (int i = piece.Start; i < piece.End; i += units)
        {
            int script = ScriptOf(CodePoints.At(text, i, out units), last);
            if (script >= 0 && script != last)
            {
                if (start >= 0)
                {
                    Add(pieces, start, i);
                }

                start = i;
                last = script;
            }
        }

        if (start >= 0)
        {
            Add(pieces, start, piece.End);
        }
    }

    // -1: any. The script of the character before is the likeliest.
    private int ScriptOf(int point, int likely)
    {
        if (likely >= 0 && _scripts[likely].Contains(point))
        {
            return likely;
        }

        return Array.FindIndex(_scripts, script => script.Contains(point));
    }
}
