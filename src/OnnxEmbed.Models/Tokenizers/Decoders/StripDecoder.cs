using System.Text;

namespace OnnxEmbed.Models.Tokenizers.Decoders;

/// <summary>Takes a character off the start and the end of every token, at most so many times.</summary>
internal sealed class StripDecoder(int character, int start, int stop) : ITokenDecoder
{
    public IReadOnlyList<string> Decode(IReadOnlyList<string> tokens) => [.. tokens.Select(Strip)];

    private string Strip(string token)
    {
        Rune[] runes = [.. token.EnumerateRunes()];
        int from = 0;
        while (from < start && from < runes.Length && runes[from].Value == character)
        {
            from++;
        }

        int to = runes.Length;
        while (runes.Length - to < stop && to > from && runes[to - 1].Value == character)
        {
            to--;
        }

        return string.Concat(runes[from..to]);
    }
}
