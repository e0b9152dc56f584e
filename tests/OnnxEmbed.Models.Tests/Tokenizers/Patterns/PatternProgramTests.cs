using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Models.Tokenizers.Patterns;
using OnnxEmbed.Models.Tokenizers.PreTokenizers;

namespace OnnxEmbed.Models.Tests.Tokenizers.Patterns;

/// <summary>Pieces as the Split pre-tokenizer of the tokenizers library 0.23.2 gives them, whose engine is Oniguruma.</summary>
public sealed class PatternProgramTests
{
    [Theory]
    [InlineData("(?i:'s|'t|'re)", "a'ſ b'S c'ſt", "a|'ſ| b|'S| c|'ſ|t")]
    [InlineData("(?i:k)", "aKb\u212ac", "a|K|b|\u212a|c")]
    [InlineData("(?i)ss", "aßb", "aßb")]
    [InlineData(@"\p{Han}+", "a中文々〆b", "a|中文々|〆b")]
    [InlineData("[[:alpha:]]+", "ab1é", "ab|1|é")]
    [InlineData(@"\R", "a\r\nb\u2028c", "a|\r\n|b|\u2028|c")]
    [InlineData(@"[^(\s|[.,])]+", "ab c.d|e(f", "ab| |c|.|d|\u007c|e|(|f")]
    [InlineData(@"\p{Letter}+", "ab1", "ab|1")]
    [InlineData(@"\p{L}{1,3}+", "abcdefg", "abcdefg")]
    [InlineData(@"\p{L}{1,3}", "abcdefg", "abc|def|g")]
    [InlineData("a{,2}", "aaab", "aa|a|b")]
    [InlineData("a{x", "aa{xb", "a|a{x|b")]
    [InlineData(@"\p{^L}", "a1b", "a|1|b")]
    [InlineData("$", "a\nb", "a|\nb")]
    [InlineData("^b", "a\nb", "a\n|b")]
    [InlineData("a|", "ba", "b|a")]
    [InlineData(@"\b", "ab cd", "ab| |cd")]
    [InlineData(@"\h", "ag", "a|g")]
    [InlineData("[a-c&&[^b]]+", "abc", "a|b|c")]
    [InlineData("(?<=a)b", "abcb", "a|b|cb")]
    [InlineData(@"\x{4e2d}|\u6587", "a中文", "a|中|文")]
    [InlineData(@"\p{L}+", "𝒳𝓎 𠀀1", "𝒳𝓎| |𠀀|1")]
    [InlineData("a++a|b", "aaab", "aaa|b")]
    [InlineData("(?>a+)b|a", "aab", "aab")]
    [InlineData(@"\s+(?!\S)|\s+", "a   b  ", "a|  | |b|  ")]
    [InlineData("(ab|c)+d?", "ababcdcx", "ababcd|c|x")]
    [InlineData("x*?y", "xxyy", "xxy|y")]
    public void Split_Isolated_EqualsOniguruma(string pattern, string text, string pieces)
    {
        TextPieces split = new();
        split.Reset(text, atOrigin: true);
        new SplitPreTokenizer(TextPattern.OfExpression("test", pattern), DelimiterBehavior.Isolated, invert: false).Split(split);
        string[] actual = [.. split.Spans.Select(span => span.Of(text).ToString())];

        Assert.Equal(pieces.Replace("|\u007c|", "|\u0001|", StringComparison.Ordinal), string.Join('|', actual.Select(piece => piece == "|" ? "\u0001" : piece)));
    }

    [Theory]
    [InlineData("Removed", "a-b--c-", false, "a b c")]
    [InlineData("MergedWithPrevious", "a-b--c-", false, "a- b- - c-")]
    [InlineData("MergedWithNext", "a-b--c-", false, "a -b - -c -")]
    [InlineData("Contiguous", "a-b--c-", false, "a - b -- c -")]
    [InlineData("Removed", "-a-b--c", true, "- - - -")]
    [InlineData("MergedWithPrevious", "-a-b--c", true, "-a -b - -c")]
    [InlineData("MergedWithNext", "-a-b--c", true, "- a- b- - c")]
    [InlineData("Contiguous", "-a-b--c", true, "- a - b -- c")]
    public void Split_Behaviors_EqualTheLibrary(string behavior, string text, bool invert, string pieces)
    {
        TextPieces split = new();
        split.Reset(text, atOrigin: true);
        new SplitPreTokenizer(TextPattern.OfExpression("test", "-"), Enum.Parse<DelimiterBehavior>(behavior), invert).Split(split);

        Assert.Equal(pieces, string.Join(' ', split.Spans.Select(span => span.Of(text).ToString())));
    }

    [Theory]
    [InlineData("(a", "needs a closing parenthesis at character 2")]
    [InlineData("a)", "needs an opening parenthesis for this one at character 1")]
    [InlineData("[a", "needs the end of the class")]
    [InlineData("*a", "needs something to repeat at character 0")]
    [InlineData(@"(a)\1", @"needs no \1, which is not supported, at character 4")]
    [InlineData(@"\p{Nothing}", "needs a property that is known, got Nothing, at character 3")]
    [InlineData("a{2,1}", "needs a repeat in [0, 1000], smaller bound first")]
    [InlineData("((a{1000}){1000}){1000}", "needs at most 20000 steps")]
    [InlineData("(a*)*", "needs a part that is never empty")]
    [InlineData("(?y)a", "needs a group that is known")]
    [InlineData("[z-a]", "needs a range with its smaller end first")]
    public void Parse_WrongExpression_SaysWhatAndWhere(string pattern, string message) =>
        Assert.StartsWith(message, Assert.Throws<FormatException>(() => new PatternProgram(pattern)).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_DeepNesting_IsRefused() =>
        Assert.Throws<FormatException>(() => new PatternProgram(new string('(', 5000) + "a" + new string(')', 5000)));

    [Fact]
    public void Find_LoopOverALongText_EndsWithAnErrorOrMatches()
    {
        // A group repeats by recursion; the stack ends before a million repeats do.
        List<TextSpan> matches = [];
        Exception? thrown = Record.Exception(() => new PatternProgram("(?:ab|c)+").Find(string.Concat(Enumerable.Repeat("ab", 1_000_000)), matches));

        Assert.True(thrown is PatternWorkException || matches is [{ Start: 0, Length: 2_000_000 }], thrown?.ToString());
    }
}
