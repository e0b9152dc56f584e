using System.Globalization;
using System.Text;

namespace OnnxEmbed.Models.Tokenizers.Decoders;

/// <summary>
/// Runs of tokens such as <c>&lt;0x61&gt;</c> become the text of their bytes, or a replacement character for each byte where these are no
/// UTF-8.
/// </summary>
internal sealed class ByteFallbackDecoder : ITokenDecoder
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public IReadOnlyList<string> Decode(IReadOnlyList<string> tokens)
    {
        List<string> texts = [];
        List<byte> run = [];
        foreach (string token in tokens)
        {
            if (token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
                && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                run.Add(value);
                continue;
            }

            Flush(run, texts);
            texts.Add(token);
        }

        Flush(run, texts);
        return texts;
    }

    private static void Flush(List<byte> run, List<string> texts)
    {
        if (run.Count == 0)
        {
            return;
        }

        try
        {
            texts.Add(Strict.GetString([.. run]));
        }
        catch (ArgumentException)
        {
            texts.AddRange(Enumerable.Repeat("\uFFFD", run.Count));
        }

        run.Clear();
    }
}
