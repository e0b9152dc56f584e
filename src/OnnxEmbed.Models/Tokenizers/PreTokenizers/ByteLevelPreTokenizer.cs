using OnnxEmbed.Models.Tokenizers.Patterns;

namespace OnnxEmbed.Models.Tokenizers.PreTokenizers;

/// <summary>
/// GPT-2's pre-tokenizer (https://github.com/openai/gpt-2, encoder.py): a blank before each piece if asked, words split by its expression
/// if asked, and every byte of a word written as one character, see <see cref="ByteAlphabet"/>.
/// </summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    private static readonly Lazy<SplitPreTokenizer> Words = new(() => new SplitPreTokenizer(
        TextPattern.OfExpression(
            "ByteLevel", @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"),
        DelimiterBehavior.Isolated,
        invert: false));

    public void Split(TextPieces pieces)
    {
        if (addPrefixSpace)
        {
            Rewrite(pieces, static (text, target) =>
            {
                if (text[0] != ' ')
                {
                    target.Append(' ');
                }

                target.Append(text);
            });
        }

        if (useRegex)
        {
            Words.Value.Split(pieces);
        }

        Rewrite(pieces, ByteAlphabet.Append);
    }

    private static void Rewrite(TextPieces pieces, Action<ReadOnlySpan<char>, CharBuffer> write)
    {
        bool atOrigin = pieces.FirstAtOrigin;
        CharBuffer target = pieces.BeginRewrite();
        foreach (TextSpan piece in pieces.BeginSplit())
        {
            int start = target.Length;
            write(pieces.Text.Slice(piece.Start, piece.Length), target);
            pieces.Spans.Add(new TextSpan(start, target.Length - start));
        }

        pieces.EndRewrite();
        pieces.EndSplit(atOrigin);
    }
}
