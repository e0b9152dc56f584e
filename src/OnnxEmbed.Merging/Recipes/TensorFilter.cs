using System.Text.RegularExpressions;

namespace OnnxEmbed.Merging.Recipes;

/// <summary>
/// Which tensors a value is for. As in mergekit a text that a name contains, or <c>*</c> for all; beyond it a glob over the whole name
/// (<c>encoder.layer.?.*.bias</c>, or <c>glob:TEXT</c>) and a regular expression found anywhere in it (<c>regex:TEXT</c>).
/// </summary>
internal sealed class TensorFilter
{
    private const string Glob = "glob:";
    private const string Expression = "regex:";

    private readonly string _text;
    private readonly Regex? _pattern;

    private TensorFilter(string text, Regex? pattern)
    {
        _text = text;
        _pattern = pattern;
    }

    /// <summary>Reads a filter.</summary>
    /// <param name="text">The filter.</param>
    /// <param name="fault">What is wrong with it; null for nothing.</param>
    public static TensorFilter? Parse(string text, out string? fault)
    {
        fault = text.Length == 0 || text is Glob or Expression ? "filter: needs a text, got none" : null;
        if (fault is not null)
        {
            return null;
        }

        if (text.StartsWith(Expression, StringComparison.Ordinal))
        {
            try
            {
                // Without backtracking, so that no pattern of a stranger takes forever.
                return new TensorFilter(
                    text, new Regex(text[Expression.Length..], RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
            }
            catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
            {
                fault = $"filter: needs a regular expression without look-around and back-references, got '{text[Expression.Length..]}' "
                    + $"({exception.Message})";
                return null;
            }
        }

        bool isGlob = text.StartsWith(Glob, StringComparison.Ordinal);
        string glob = isGlob ? text[Glob.Length..] : text;
        return isGlob || glob.AsSpan().ContainsAny('*', '?')
            ? new TensorFilter(text, new Regex(
                "^" + Regex.Escape(glob).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal) + "$",
                RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline))
            : new TensorFilter(text, null);
    }

    public bool Matches(TensorPlace place) => _pattern is null
        ? place.Names.Any(name => name.Contains(_text, StringComparison.Ordinal))
        : place.Names.Any(_pattern.IsMatch);

    public override string ToString() => _text;
}
