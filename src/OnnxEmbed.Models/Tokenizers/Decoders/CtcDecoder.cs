namespace OnnxEmbed.Models.Tokenizers.Decoders;

/// <summary>Repeated tokens count once, the padding token not at all, and the word delimiter is a blank.</summary>
internal sealed class CtcDecoder(string pad, string delimiter, bool cleanup) : ITokenDecoder
{
    public IReadOnlyList<string> Decode(IReadOnlyList<string> tokens)
    {
        List<string> texts = [];
        for (int i = 0; i < tokens.Count; i++)
        {
            string text = i > 0 && tokens[i] == tokens[i - 1]
                ? ""
                : tokens[i].Replace(pad.Length > 0 ? pad : "\0", "", StringComparison.Ordinal);
            if (cleanup)
            {
                text = WordPieceDecoder.CleanUp(text).Replace(delimiter.Length > 0 ? delimiter : "\0", " ", StringComparison.Ordinal);
            }

            if (text.Length > 0)
            {
                texts.Add(text);
            }
        }

        return texts;
    }
}
