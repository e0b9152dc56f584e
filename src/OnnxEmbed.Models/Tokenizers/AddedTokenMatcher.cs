using System.Buffers;

namespace OnnxEmbed.Models.Tokenizers;

/// <summary>Finds added tokens in a text: leftmost first, of several at one place the longest.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Dictionary<char, AddedToken[]> _byFirst;
    private readonly SearchValues<char> _first;

    /// <param name="tokens">Tokens to find.</param>
    /// <param name="contentOf">The text under which to find a token: its content, or its content normalised.</param>
    public AddedTokenMatcher(IEnumerable<AddedToken> tokens, Func<AddedToken, string> contentOf)
    {
        _byFirst = tokens
            .Select(token => token with { Content = contentOf(token) })
            .Where(token => token.Content.Length > 0)
            .GroupBy(token => token.Content[0])
            .ToDictionary(group => group.Key, group => group.OrderByDescending(token => token.Content.Length).ToArray());
        _first = SearchValues.Create([.. _byFirst.Keys]);
    }

    public bool IsEmpty => _byFirst.Count == 0;

    /// <summary>The first match at or after <paramref name="start"/>, with the white space it swallows; null where there is none.</summary>
    public (AddedToken Token, TextSpan Span)? Next(string text, int start)
    {
        for (int i = start; i < text.Length; i++)
        {
            int offset = text.AsSpan(i).IndexOfAny(_first);
            if (offset < 0)
            {
                return null;
            }

            i += offset;
            foreach (AddedToken token in _byFirst[text[i]])
            {
                if (string.CompareOrdinal(text, i, token.Content, 0, token.Content.Length) == 0
                    && (!token.SingleWord || StandsAlone(text, i, i + token.Content.Length)))
                {
                    return (token, Widen(text, token, i, start));
                }
            }
        }

        return null;
    }

    private static TextSpan Widen(string text, AddedToken token, int at, int start)
    {
        int from = at;
        int to = at + token.Content.Length;
        while (token.LeftStrip && from > start && char.IsWhiteSpace(text[from - 1]))
        {
            from--;
        }

        while (token.RightStrip && to < text.Length && char.IsWhiteSpace(text[to]))
        {
            to++;
        }

        return new TextSpan(from, to - from);
    }

    private static bool StandsAlone(string text, int from, int to) =>
        (from == 0 || !IsWord(text[from - 1])) && (to == text.Length || !IsWord(text[to]));

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}
