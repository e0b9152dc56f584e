using System.Text;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Tokenizers.Patterns;

/// <summary>
/// What a Replace or Split component looks for: a plain string or a regular expression. Expressions come from files, so their work is
/// bounded.
/// </summary>
internal sealed class TextPattern
{
    private readonly string _where;
    private readonly string? _literal;
    private readonly PatternProgram? _program;

    private TextPattern(string where, string? literal, PatternProgram? program)
    {
        _where = where;
        _literal = literal;
        _program = program;
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
        return OfExpression(where, expression);
    }

    /// <exception cref="DataException">The expression cannot be read.</exception>
    public static TextPattern OfExpression(string where, string expression)
    {
        try
        {
            return new TextPattern(where, null, new PatternProgram(expression));
        }
        catch (FormatException e)
        {
            throw new DataException($"{where} needs a regular expression that can be read, got \"{expression}\", which {e.Message}");
        }
    }

    /// <summary>Appends the matches of one piece of a text, in order, empty ones included.</summary>
    public void Find(ReadOnlySpan<char> text, TextSpan piece, List<TextSpan> matches)
    {
        ReadOnlySpan<char> slice = text.Slice(piece.Start, piece.Length);
        if (_literal is not null)
        {
            int start = 0;
            while (slice[start..].IndexOf(_literal, StringComparison.Ordinal) is int found and >= 0)
            {
                matches.Add(new TextSpan(piece.Start + start + found, _literal.Length));
                start += found + _literal.Length;
            }

            return;
        }

        int first = matches.Count;
        try
        {
            _program!.Find(slice, matches);
        }
        catch (PatternWorkException)
        {
            throw new DataException(
                $"{_where} needs to match in a bounded number of steps, took more on a text of {slice.Length} characters");
        }

        for (int i = first; i < matches.Count && piece.Start > 0; i++)
        {
            matches[i] = new TextSpan(matches[i].Start + piece.Start, matches[i].Length);
        }
    }

    public string Replace(string text, string content, out bool matchesAtStart)
    {
        if (_literal is not null)
        {
            matchesAtStart = text.StartsWith(_literal, StringComparison.Ordinal);
            return text.Replace(_literal, content, StringComparison.Ordinal);
        }

        List<TextSpan> matches = [];
        Find(text, new TextSpan(0, text.Length), matches);
        matchesAtStart = matches.Count > 0 && matches[0] is { Start: 0, Length: > 0 };
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
