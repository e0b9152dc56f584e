using System.Globalization;
using OnnxEmbed.Data.Arithmetic;
using OnnxEmbed.Data.Numbers;

namespace OnnxEmbed.Data.Text;

/// <summary>What families draw from: a random stream and the largest number of digits.</summary>
internal sealed class TextDraw(SeededRandom random, int maxDigits)
{
    /// <summary>Integers below this one are the vocabulary of arithmetic and may be mentioned in any text.</summary>
    public const long FreeBelow = 100;

    public SeededRandom Random { get; } = random;

    public int MaxDigits { get; } = maxDigits;

    public long Largest => Digits.High(MaxDigits);

    /// <summary>Whether a text may mention the integer.</summary>
    public bool MayMention(long n) => n >= 0 && n <= Largest && (n < FreeBelow || ElementSplit.Of(n) == NumberSplit.Train);

    /// <summary>Whether a text may state an arithmetic property of the integer.</summary>
    public bool MayStateFactOf(long n) => n >= 0 && n <= Largest && ElementSplit.Of(n) == NumberSplit.Train;

    /// <summary>A number of digits, seldom 1, mostly in the middle.</summary>
    public int DigitCount()
    {
        int count = Random.Below(10) == 0 ? 1 : (int)Random.Between(2, MaxDigits);
        return Math.Min(count, MaxDigits);
    }

    /// <summary>An integer of up to so many digits, mostly of just as many.</summary>
    public long Integer(int digits)
    {
        long high = Digits.High(digits);
        return Random.Below(5) == 0 ? Random.Between(0, high) : Random.Between(Math.Max(1, Digits.Low(digits)), high);
    }

    /// <summary>As <see cref="Integer(int)"/>, of those that may be mentioned.</summary>
    public long Mentionable(int digits)
    {
        while (true)
        {
            long n = Integer(digits);
            if (MayMention(n))
            {
                return n;
            }
        }
    }

    /// <summary>As <see cref="Integer(int)"/>, of those a property may be stated of; at least 1.</summary>
    public long Subject(int digits)
    {
        while (true)
        {
            long n = Integer(digits);
            if (n > 0 && MayStateFactOf(n))
            {
                return n;
            }
        }
    }

    /// <summary>A list length: six as often as all others.</summary>
    public int ListLength() => Random.Coin() ? 6 : (int)Random.Between(3, 10);

    public Draft List(long[] numbers) => new(numbers, () => Join(numbers));

    /// <summary>The notation of the suite: "1, 4, 9".</summary>
    public static string Join(IEnumerable<long> numbers) => string.Join(", ", numbers.Select(Text));

    public static string Text(long n) => n.ToString(CultureInfo.InvariantCulture);
}
