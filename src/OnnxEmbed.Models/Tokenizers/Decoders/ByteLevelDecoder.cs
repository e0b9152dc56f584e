using System.Text;

namespace OnnxEmbed.Models.Tokenizers.Decoders;

/// <summary>Characters of the byte alphabet become bytes again, the bytes of all tokens one UTF-8 text.</summary>
internal sealed class ByteLevelDecoder : ITokenDecoder
{
    public IReadOnlyList<string> Decode(IReadOnlyList<string> tokens)
    {
        List<byte> bytes = [];
        foreach (string token in tokens)
        {
            int before = bytes.Count;
            foreach (char c in token)
            {
                if (!ByteAlphabet.TryByte(c, out byte value))
                {
                    // A token that is not written in the alphabet is text.
                    bytes.RemoveRange(before, bytes.Count - before);
                    bytes.AddRange(Encoding.UTF8.GetBytes(token));
                    break;
                }

                bytes.Add(value);
            }
        }

        return [Encoding.UTF8.GetString([.. bytes])];
    }
}
