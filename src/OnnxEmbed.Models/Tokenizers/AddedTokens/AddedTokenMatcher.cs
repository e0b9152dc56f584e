using System.Buffers;
using OnnxEmbed.Models.Tokenizers.TokenModels;
using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tokenizers.AddedTokens;

/// <summary>
/// Finds added tokens in a text: leftmost first, of several at one place the longest, and on from its end. A match that is refused
/// because it is part of a word is passed over as a whole.
/// </summary>
internal sealed class AddedTokenMatcher
{
    private readonly AddedToken[] _tokens;
    private readonly int[] _lengths;
    private readonly TokenTrie _trie;
    private readonly SearchValues<char> _first;

    /// <param name="tokens">Tokens to find.</param>
    /// <param name="contentOf">The text under which to find a token: its content, or its content normalised.</param>
    public AddedTokenMatcher(IEnumerable<AddedToken> tokens, Func<AddedToken, string> contentOf)
    {
        // Of tokens with one text the first counts, special ones before others.
        (AddedToken Token, string Text)[] distinct = [.. tokens
            .OrderByDescending(token => token.IsSpecial)
            .Select(token => (Token: token, Text: contentOf(token)))
            .Where(pair => pair.Text.Length > 0)
            .DistinctBy(pair => pair.Text)];
        _tokens = [.. distinct.Select(pair => pair.Token)];
        _lengths = [.. distinct.Select(pair => pair.Text.Length)];
        _trie = new TokenTrie(distinct.Select((pair, index) => (pair.Text, index)));
        _first = SearchValues.Create([.. distinct.Select(pair => pair.Text[0])]);
    }

    public bool IsEmpty => _tokens.Length == 0;

    /// <summary>
    /// The first token that begins at or after <paramref name="from"/>, which becomes the place to go on from; null where there is none.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="from">Where to look from; the end of the token found, without the white space it swallows.</param>
    /// <param name="done">The end of the token before with its white space: white space before it is not swallowed.</param>
    public (AddedToken Token, TextSpan Span)? Next(string text, ref int from, int done)
    {
        while (from < text.Length)
        {
            int offset = text.AsSpan(from).IndexOfAny(_first);
            if (offset < 0)
            {
                return null;
            }

            int start = from + offset;
            int index = Longest(text, start);
            if (index < 0)
            {
                from = start + 1;
                continue;
            }

            int end = start + _lengths[index];
            from = end;
            AddedToken token = _tokens[index];
            if (!token.SingleWord || StandsAlone(text, start, end))
            {
                return (token, Widen(text, token, start, end, done));
            }
        }

        return null;
    }

    private int Longest(string text, int start)
    {
        int found = -1;
        int node = 0;
        for (int i = start; i < text.Length; i++)
        {
            node = _trie.Child(node, text[i]);
            if (node == 0)
            {
                break;
            }

            found = _trie.TokenAt(node) is int token and >= 0 ? token : found;
        }

        return found;
    }

    private static TextSpan Widen(string text, AddedToken token, int start, int end, int done)
    {
        if (token.LeftStrip)
        {
            int left = start;
            while (left > 0 && char.IsWhiteSpace(text[left - 1]))
            {
                left--;
            }

            start = Math.Max(left, done);
        }

        while (token.RightStrip && end < text.Length && char.IsWhiteSpace(text[end]))
        {
            end++;
        }

        return new TextSpan(start, Math.Max(0, end - start));
    }

    private static bool StandsAlone(string text, int start, int end) =>
        (start == 0 || !CodePoints.Word.Contains(CodePoints.Before(text, start, out _)))
        && (end == text.Length || !CodePoints.Word.Contains(CodePoints.At(text, end, out _)));
}
