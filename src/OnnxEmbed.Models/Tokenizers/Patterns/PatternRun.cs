namespace OnnxEmbed.Models.Tokenizers.Patterns;

/// <summary>One search: the text, and how much work is left before the search is given up.</summary>
internal ref struct PatternRun(ReadOnlySpan<char> text)
{
    // 50 million steps take less than a second; a pattern that looks at each character a bounded number of times stays far below.
    private const long Allowance = 50_000_000;
    private const long AllowancePerCharacter = 1000;

    private long _left = Allowance + (AllowancePerCharacter * text.Length);

    public ReadOnlySpan<char> Text { get; } = text;

    /// <exception cref="PatternWorkException">The search has taken too many steps.</exception>
    public void Spend(int steps)
    {
        _left -= steps;
        if (_left < 0)
        {
            throw new PatternWorkException();
        }
    }
}
