namespace OnnxEmbed.Models.Tokenizers;

/// <summary>
/// Greedy longest-match-first WordPiece (Devlin et al. 2019, arXiv:1810.04805, §4.1 and its published tokenizer): a word is cut into the
/// longest known prefix and then the longest known continuations, which carry a prefix such as <c>##</c>; a word that cannot be cut so,
/// or has more code points than the limit, is one unknown token.
/// </summary>
internal sealed class WordPieceModel(Dictionary<string, int> vocabulary, int unknownId, string continuingPrefix, int maxCharacters)
    : ITokenModel
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();

    public void Tokenize(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (_ids.TryGetValue(piece, out int whole) && piece.Length <= maxCharacters)
        {
            ids.Add(whole);
            return;
        }

        int before = ids.Count;
        if (CodePoints(piece) > maxCharacters || !TryCut(piece, ids))
        {
            ids.RemoveRange(before, ids.Count - before);
            ids.Add(unknownId);
        }
    }

    private static int CodePoints(ReadOnlySpan<char> text)
    {
        int count = text.Length;
        for (int i = 1; i < text.Length; i++)
        {
            count -= char.IsSurrogatePair(text[i - 1], text[i]) ? 1 : 0;
        }

        return count;
    }

    private bool TryCut(ReadOnlySpan<char> word, List<int> ids)
    {
        Span<char> buffer = word.Length + continuingPrefix.Length <= 256
            ? stackalloc char[256]
            : new char[word.Length + continuingPrefix.Length];
        continuingPrefix.CopyTo(buffer);
        int start = 0;
        while (start < word.Length)
        {
            word[start..].CopyTo(buffer[continuingPrefix.Length..]);
            int length = word.Length - start;
            int found = -1;
            for (; length > 0 && found < 0; length--)
            {
                ReadOnlySpan<char> candidate = start == 0 ? word[..length] : buffer[..(continuingPrefix.Length + length)];
                if (_ids.TryGetValue(candidate, out int id))
                {
                    found = id;
                    start += length;
                }
            }

            if (found < 0)
            {
                return false;
            }

            ids.Add(found);
        }

        return true;
    }
}
