using System.Globalization;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.CommandLine;

/// <summary>Comma-separated values of an option.</summary>
internal static class Lists
{
    /// <summary>The names of <c>a,b,c</c>; empty when the option is absent.</summary>
    public static IReadOnlyList<string> Names(string? value) =>
        value?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>The numbers of <c>0.5,1</c>; empty when the option is absent.</summary>
    /// <exception cref="OptionException">Some item is no number.</exception>
    public static IReadOnlyList<double> Numbers(string option, string? value) => Names(value).Select(item => Number(option, item)).ToList();

    /// <summary>The whole numbers of <c>1,2,3</c>; empty when the option is absent.</summary>
    /// <exception cref="OptionException">Some item is no whole number.</exception>
    public static IReadOnlyList<ulong> Seeds(string option, string? value) => Names(value)
        .Select(item => ulong.TryParse(item, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)
            ? seed
            : throw new OptionException($"--{option}: needs whole numbers from 0 parted by commas, got '{item}'"))
        .ToList();

    /// <summary>The pairs of <c>name=value,name=value</c> in their order; empty when the option is absent.</summary>
    /// <exception cref="OptionException">Some item is no pair, or a name stands twice.</exception>
    public static IReadOnlyDictionary<string, string> Pairs(string option, string? value)
    {
        Dictionary<string, string> pairs = [];
        foreach (string item in Names(value))
        {
            int equals = item.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !pairs.TryAdd(item[..equals].Trim(), item[(equals + 1)..].Trim()))
            {
                throw new OptionException($"--{option}: needs name=value pairs parted by commas, each name once, got '{item}'");
            }
        }

        return pairs;
    }

    /// <summary>A number.</summary>
    /// <exception cref="OptionException">The text is no number.</exception>
    public static double Number(string option, string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number
            : throw new OptionException($"--{option}: needs numbers, got '{text}'");
}
