using System.Globalization;
using OnnxEmbed.Data.Arithmetic;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Data.Numbers;

/// <summary>Numbers of decimal digits an element may have.</summary>
/// <param name="Min">Fewest, in [2, <paramref name="Max"/>].</param>
/// <param name="Max">Most, in [<paramref name="Min"/>, 12].</param>
public readonly record struct DigitRange(int Min, int Max)
{
    /// <summary>Most digits any element has: above, factorising by trial division would take too long.</summary>
    public const int Limit = 12;

    /// <summary>Smallest integer of the range.</summary>
    public long Low => Digits.Low(Min);

    /// <summary>Largest integer of the range.</summary>
    public long High => Digits.High(Max);

    /// <summary>Whether the integer has a number of digits of the range.</summary>
    public bool Contains(long n) => n >= Low && n <= High;

    /// <summary>Reads <c>4-6</c> or <c>4</c>.</summary>
    /// <exception cref="OptionException">The text is neither, or outside [2, 12].</exception>
    public static DigitRange Parse(string text)
    {
        string[] ends = text.Split('-');
        if (ends.Length is 1 or 2
            && int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int min)
            && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int max)
            && new DigitRange(min, max).IsValid)
        {
            return new DigitRange(min, max);
        }

        throw new OptionException($"digits: needs MIN-MAX within 2 and {Limit}, for example 4-6, got {text}");
    }

    /// <summary>For example <c>4-6</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Min}-{Max}");

    internal bool IsValid => Min is >= 2 and <= Limit && Max >= Min && Max <= Limit;
}
