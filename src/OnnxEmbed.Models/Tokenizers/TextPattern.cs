using System.Text;
using System.Text.RegularExpressions;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Tokenizers;

/// <summary>
/// What a Replace or Split component looks for: a plain string or a regular expression. Expressions come from files, so they run under a
/// time limit. Matches never end inside a surrogate pair: the source's engines match code points, .NET's matches UTF-16 units.
/// </summary>
internal sealed class TextPattern
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(2);

    private readonly string _where;
    private readonly string? _literal;
    private readonly Regex? _regex;

    private TextPattern(string where, string? literal, Regex? regex)
    {
        _where = where;
        _literal = literal;
        _regex = regex;
    }

    /// <summary>Reads <c>{"String": …}</c> or <c>{"Regex": …}</c>.</summary>
    public static TextPattern Read(JsonField field)
    {
        string where = $"{field.File}: {field.Path}";
        if (field["String"].Exists)
        {
            string literal = field["String"].AsString();
            return literal.Length > 0 ? new TextPattern(where, literal, null) : throw field["String"].Fault("a non-empty string");
        }

        string expression = field["Regex"].Exists ? field["Regex"].AsString() : throw field.Fault("a String or a Regex");
        try
        {
            return new TextPattern(where, null, new Regex(expression, RegexOptions.CultureInvariant | RegexOptions.Compiled, TimeLimit));
        }
        catch (ArgumentException e)
        {
            throw new DataException($"{where} needs a regular expression that .NET can read, got \"{expression}\": {e.Message}");
        }
    }

    /// <summary>Appends the matches of one piece of a text, in order; empty matches are left out.</summary>
    public void Find(string text, TextSpan piece, List<TextSpan> matches)
    {
        if (_literal is not null)
        {
            int start = piece.Start;
            while (text.IndexOf(_literal, start, piece.End - start, StringComparison.Ordinal) is int found and >= 0)
            {
                matches.Add(new TextSpan(found, _literal.Length));
                start = found + _literal.Length;
            }

            return;
        }

        try
        {
            int end = piece.Start;
            foreach (ValueMatch match in _regex!.EnumerateMatches(piece.Of(text)))
            {
                int from = Math.Max(piece.Start + match.Index, end);
                int to = piece.Start + match.Index + match.Length;
                to += to < piece.End && to > 0 && char.IsSurrogatePair(text[to - 1], text[to]) ? 1 : 0;
                if (to > from)
                {
                    matches.Add(new TextSpan(from, to - from));
                    end = to;
                }
            }
        }
        catch (RegexMatchTimeoutException)
        {
            throw new DataException(
                $"{_where} needs to match within {TimeLimit.TotalSeconds} s, took longer on a text of {text.Length} characters");
        }
    }

    public string Replace(string text, string content)
    {
        if (_literal is not null)
        {
            return text.Replace(_literal, content, StringComparison.Ordinal);
        }

        List<TextSpan> matches = [];
        Find(text, new TextSpan(0, text.Length), matches);
        if (matches.Count == 0)
        {
            return text;
        }

        StringBuilder result = new();
        int done = 0;
        foreach (TextSpan match in matches)
        {
            result.Append(text, done, match.Start - done).Append(content);
            done = match.End;
        }

        return result.Append(text, done, text.Length - done).ToString();
    }
}
