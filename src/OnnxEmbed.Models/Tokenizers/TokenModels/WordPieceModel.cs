namespace OnnxEmbed.Models.Tokenizers.TokenModels;

/// <summary>
/// Greedy longest-match-first WordPiece (Devlin et al. 2019, arXiv:1810.04805, §4.1 and its published tokenizer): a word is cut into the
/// longest known prefix and then the longest known continuations, which carry a prefix such as <c>##</c>; a word that cannot be cut so,
/// or has more code points than the limit, is one unknown token.
/// </summary>
internal sealed class WordPieceModel(TokenVocabulary vocabulary, int unknownId, string continuingPrefix, int maxCharacters)
    : ITokenModel, ITokenWorker
{
    public ITokenWorker NewWorker() => new CachingWorker(this);

    public void Tokenize(ReadOnlySpan<char> piece, List<int> ids)
    {
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
        // No candidate is longer than the longest token, which bounds the work for words without a limit of their own.
        int longest = Math.Min(vocabulary.LongestToken, continuingPrefix.Length + word.Length);
        Span<char> buffer = longest <= 256 ? stackalloc char[256] : new char[longest];
        int prefix = Math.Min(continuingPrefix.Length, longest);
        continuingPrefix.AsSpan(0, prefix).CopyTo(buffer);
        int start = 0;
        while (start < word.Length)
        {
            int length = Math.Min(word.Length - start, start == 0 ? longest : longest - prefix);
            if (start > 0)
            {
                word.Slice(start, length).CopyTo(buffer[prefix..]);
            }

            int found = -1;
            for (; length > 0; length--)
            {
                if (vocabulary.TryGet(start == 0 ? word[..length] : buffer[..(prefix + length)], out int id))
                {
                    found = id;
                    break;
                }
            }

            if (found < 0)
            {
                return false;
            }

            ids.Add(found);
            start += length;
        }

        return true;
    }
}
