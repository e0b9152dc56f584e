using System.Text;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Tokenizers;

/// <summary>
/// Unicode normalisation form C. Text below U+0300 is in form C as it is; other text needs the platform's tables, and where the
/// process runs without them (invariant globalization) it is refused, because passing it on would give other ids than the source does.
/// </summary>
internal sealed class ComposeNormalizer(string file) : INormalizer
{
    private const char FirstCombining = '\u0300';

    private static readonly bool HasTables = "e\u0301".Normalize(NormalizationForm.FormC) == "\u00e9";

    public string Normalize(string text)
    {
        int index = text.AsSpan().IndexOfAnyInRange(FirstCombining, char.MaxValue);
        if (index < 0)
        {
            return text;
        }

        try
        {
            return HasTables
                ? text.Normalize(NormalizationForm.FormC)
                : throw new DataException(
                    $"{file}: normalizer NFC needs Unicode tables for U+{(int)text[index]:X4} at character {index}, "
                    + "this process runs without them");
        }
        catch (ArgumentException)
        {
            throw new DataException($"{file}: normalizer NFC needs well-formed UTF-16, got a lone surrogate");
        }
    }
}
