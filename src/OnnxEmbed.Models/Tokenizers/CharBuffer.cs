namespace OnnxEmbed.Models.Tokenizers;

/// <summary>Characters that grow at their end, kept from one text to the next.</summary>
internal sealed class CharBuffer
{
    private char[] _chars = new char[256];

    public int Length { get; private set; }

    public ReadOnlySpan<char> Text => _chars.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Append(char c)
    {
        if (Length == _chars.Length)
        {
            Reserve(1);
        }

        _chars[Length++] = c;
    }

    public void Append(ReadOnlySpan<char> text)
    {
        text.CopyTo(Reserve(text.Length));
        Length += text.Length;
    }

    /// <summary>Room behind the text; what is written there counts after <see cref="Commit"/>.</summary>
    public Span<char> Reserve(int length)
    {
        if (Length + length > _chars.Length)
        {
            Array.Resize(ref _chars, Math.Max(Length + length, _chars.Length * 2));
        }

        return _chars.AsSpan(Length);
    }

    public void Commit(int length) => Length += length;
}
