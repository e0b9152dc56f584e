using System.Text;
using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tokenizers.Normalizers;

/// <summary>
/// BERT's cleaning (https://github.com/google-research/bert, tokenization.py, BasicTokenizer): control characters go, white space becomes
/// blanks; blanks around Chinese characters; accents off (form D without nonspacing marks); lower case.
/// </summary>
internal sealed class BertNormalizer(bool cleanText, bool spaceChinese, bool stripAccents, bool lowercase) : INormalizer
{
    // The last block begins at 2B920 in the library, not at 2B820 as in BERT.
    private static readonly CodePointSet Chinese = CodePointSet.Parse(
        "3400-4DBF 4E00-9FFF F900-FAFF 20000-2A6DF 2A700-2B81F 2B920-2CEAF 2F800-2FA1F");

    private readonly CodePointSet _control = UnicodeTables.Instance.Set("Control8");
    private readonly FilterNormalizer _accents = new(UnicodeTables.Instance.Set("Nonspacing8"), CodePointSet.Empty);

    public string Normalize(string text, ref bool cutAtStart)
    {
        if (IsPlain(text))
        {
            return lowercase ? text.ToLowerInvariant() : text;
        }

        text = Clean(text, ref cutAtStart);
        if (stripAccents)
        {
            text = NormalizationTable.Canonical.Normalize(text, compose: false);
            text = _accents.Normalize(text, ref cutAtStart);
        }

        return lowercase ? CodePoints.ToLower(text) : text;
    }

    private static bool IsPlain(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    private string Clean(string text, ref bool cutAtStart)
    {
        if (!cleanText && !spaceChinese)
        {
            return text;
        }

        StringBuilder clean = new(text.Length + 16);
        for (int i = 0; i < text.Length;)
        {
            int point = CodePoints.At(text, i, out int units);
            if (cleanText && _control.Contains(point))
            {
                cutAtStart |= clean.Length == 0;
            }
            else if (cleanText && UnicodeProperties.WhiteSpace.Contains(point))
            {
                clean.Append(' ');
            }
            else if (spaceChinese && point >= 0x3400 && Chinese.Contains(point))
            {
                clean.Append(' ').Append(text, i, units).Append(' ');
            }
            else
            {
                clean.Append(text, i, units);
            }

            i += units;
        }

        return clean.ToString();
    }
}
