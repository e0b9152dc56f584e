using System.Text.RegularExpressions;

namespace OnnxEmbed.Data.Tests.Text;

/// <summary>Reads a statement of the number text back and decides whether it is true, without using what generated it.</summary>
internal static partial class StatementChecker
{
    /// <summary>Null for a plain list, else whether the statement is true. Throws for a text in no known notation.</summary>
    public static bool? IsTrue(string text)
    {
        if (Plain().IsMatch(text))
        {
            return null;
        }

        if (Chain().IsMatch(text))
        {
            string[] parts = text.Split(' ');
            return Enumerable.Range(0, parts.Length / 2).All(i => parts[(2 * i) + 1] == "<"
                ? long.Parse(parts[2 * i]) < long.Parse(parts[(2 * i) + 2])
                : long.Parse(parts[2 * i]) > long.Parse(parts[(2 * i) + 2]));
        }

        if (Call().Match(text) is { Success: true } call)
        {
            long[] given = Numbers(call.Groups[2].Value);
            long[] result = Numbers(call.Groups[3].Value);
            return call.Groups[1].Value switch
            {
                "max" => result.Single() == given.Max(),
                "min" => result.Single() == given.Min(),
                "sort" => result.SequenceEqual(given.Order()),
                "gcd" => result.Single() == Enumerable.Range(1, (int)given.Min()).Where(d => given.All(n => n % d == 0)).Max(),
                _ => throw new FormatException(text),
            };
        }

        if (Words().Match(text) is { Success: true } words)
        {
            long n = long.Parse(words.Groups[1].Value);
            return words.Groups[2].Value switch
            {
                "even" => n % 2 == 0,
                "odd" => n % 2 == 1,
                string phrase when phrase.StartsWith("a multiple of ", StringComparison.Ordinal) => n % Numbers(phrase).Single() == 0,
                string phrase when phrase.StartsWith("no multiple of ", StringComparison.Ordinal) => n % Numbers(phrase).Single() != 0,
                _ => throw new FormatException(text),
            };
        }

        if (text.StartsWith("digits ", StringComparison.Ordinal))
        {
            string digits = text[7..text.IndexOf(':')];
            return text == $"digits {digits}: {string.Join(" + ", digits.ToCharArray())} = {digits.Sum(digit => digit - '0')}";
        }

        if (text.Contains(": steps ", StringComparison.Ordinal))
        {
            string[] sides = text.Split(": steps ");
            long[] list = Numbers(sides[0]);
            return Numbers(sides[1]).SequenceEqual(list.Skip(1).Select((n, i) => n - list[i]));
        }

        if (text.Contains(": ", StringComparison.Ordinal))
        {
            string[] sides = text.Split(": ");
            return sides[1] == string.Join(", ", Numbers(sides[0]).Select(n => n % 2 == 0 ? "even" : "odd"));
        }

        if (text.Contains('%') && text.Split(" % ") is [string left, string right]
            && right.Split(" = ") is [string modulus, string remainders])
        {
            return Numbers(remainders).SequenceEqual(Numbers(left).Select(n => n % long.Parse(modulus)));
        }

        string[] equation = text.Split(" = ");
        return equation.Length == 2 ? Value(equation[0]) == Value(equation[1]) : throw new FormatException(text);
    }

    private static long Value(string expression)
    {
        string[] parts = expression.Split(' ');
        long value = long.Parse(parts[0]);
        for (int i = 1; i < parts.Length; i += 2)
        {
            long operand = long.Parse(parts[i + 1]);
            value = parts[i] switch
            {
                "+" => value + operand,
                "-" => value - operand,
                "*" => value * operand,
                "/" when value % operand == 0 => value / operand,
                _ => throw new FormatException(expression),
            };
        }

        return value;
    }

    private static long[] Numbers(string text) => [.. Integer().Matches(text).Select(match => long.Parse(match.Value))];

    [GeneratedRegex("^[0-9]+(, [0-9]+)*$")]
    private static partial Regex Plain();

    [GeneratedRegex("^[0-9]+( < [0-9]+)+$|^[0-9]+( > [0-9]+)+$")]
    private static partial Regex Chain();

    [GeneratedRegex(@"^([a-z]+)\(([0-9, ]+)\) = ([0-9, ]+)$")]
    private static partial Regex Call();

    [GeneratedRegex("^([0-9]+) is ([a-z0-9 ]+)$")]
    private static partial Regex Words();

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Integer();
}
