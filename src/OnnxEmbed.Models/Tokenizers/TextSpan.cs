namespace OnnxEmbed.Models.Tokenizers;

/// <summary>A piece of a text: UTF-16 units [Start, Start + Length).</summary>
internal readonly record struct TextSpan(int Start, int Length)
{
    public int End => Start + Length;

    public ReadOnlySpan<char> Of(string text) => text.AsSpan(Start, Length);
}
