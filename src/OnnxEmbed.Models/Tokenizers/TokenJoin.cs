using System.Text;

namespace OnnxEmbed.Models.Tokenizers;

/// <summary>How decoding puts tokens together.</summary>
/// <param name="Separator">Stands between two tokens.</param>
/// <param name="ContinuingPrefix">
/// A token with this prefix follows the one before without separator and loses the prefix; null: none does.
/// </param>
internal sealed record TokenJoin(string Separator, string? ContinuingPrefix)
{
    public string Join(IEnumerable<string> tokens)
    {
        StringBuilder text = new();
        foreach (string token in tokens)
        {
            if (ContinuingPrefix is not null && text.Length > 0 && token.StartsWith(ContinuingPrefix, StringComparison.Ordinal))
            {
                text.Append(token, ContinuingPrefix.Length, token.Length - ContinuingPrefix.Length);
            }
            else
            {
                text.Append(text.Length > 0 ? Separator : "").Append(token);
            }
        }

        return text.ToString();
    }
}
