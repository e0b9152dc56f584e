namespace OnnxEmbed.Data.Text;

/// <summary>The kinds of text, in the order in which they are drawn.</summary>
public static class NumberTextFamilies
{
    /// <summary>Every family with its own share.</summary>
    public static IReadOnlyList<NumberTextFamily> All { get; } =
    [
        new("counting", 3, "41, 42, 43, 44 up or down", ListFamilies.Counting),
        new("arithmetic", 7, "17, 24, 31, 38 with steps of any size, up or down", ListFamilies.Arithmetic),
        new("multiples", 3, "14, 21, 28, 35", ListFamilies.Multiples),
        new("geometric", 2, "3, 6, 12, 24", ListFamilies.Geometric),
        new("fibonacci", 3, "2, 5, 7, 12, 19", ListFamilies.Fibonacci),
        new("recurrence", 2, "1, 3, 7, 17: each a combination of the two before", ListFamilies.Recurrence),
        new("polynomial", 4, "4, 9, 16, 25: values of a quadratic", ListFamilies.Quadratic),
        new("sorted", 6, "random integers, rising or falling", ListFamilies.Sorted),
        new("unsorted", 6, "random integers in no order", ListFamilies.Unsorted),
        new("same-remainder", 4, "3, 18, 8, 33: one remainder modulo 2 to 13", ListFamilies.SameRemainder),
        new("parity-pattern", 4, "odd and even in turn, or a repeated pattern of them", ListFamilies.ParityPattern),
        new("cyclic", 1, "5, 12, 5, 12, 5, 12 and 1, 2, 3, 2, 1", ListFamilies.Cyclic),
        new("near-arithmetic", 3, "an arithmetic progression with one element off", ListFamilies.NearArithmetic),
        new("addition", 7, "47 + 12 = 59", FactFamilies.Addition),
        new("subtraction", 5, "59 - 12 = 47", FactFamilies.Subtraction),
        new("multiplication", 5, "12 * 7 = 84", FactFamilies.Multiplication),
        new("division", 3, "84 / 7 = 12", FactFamilies.Division),
        new("sum", 3, "3 + 14 + 15 = 32", FactFamilies.Sum),
        new("remainder", 6, "35 % 13 = 9", FactFamilies.Remainder),
        new("comparison", 4, "17 < 23, 23 > 17, 17 < 23 < 40", FactFamilies.Comparison),
        new("extremes", 2, "max(3, 11, 7) = 11", FactFamilies.Extremes),
        new("sorting", 2, "sort(7, 3, 11) = 3, 7, 11", FactFamilies.Sorting),
        new("common-divisor", 2, "gcd(12, 18) = 6", FactFamilies.CommonDivisor),
        new("factorisation", 3, "84 = 2 * 2 * 3 * 7", FactFamilies.Factorisation),
        new("parity-words", 3, "84 is even", FactFamilies.ParityWords),
        new("divisibility-words", 2, "84 is a multiple of 7", FactFamilies.DivisibilityWords),
        new("digit-sum", 2, "digits 384: 3 + 8 + 4 = 15", FactFamilies.DigitSum),
        new("differences", 4, "3, 7, 12: steps 4, 5", FactFamilies.Differences),
        new("remainder-list", 3, "12, 13, 21 % 5 = 2, 3, 1", FactFamilies.RemainderList),
        new("parity-list", 2, "12, 13, 21: even, odd, odd", FactFamilies.ParityList),
    ];
}
