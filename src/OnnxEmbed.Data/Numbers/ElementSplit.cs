namespace OnnxEmbed.Data.Numbers;

/// <summary>
/// To which split an integer belongs. Whole blocks of neighbouring integers go to one split, by a hash that depends on nothing else:
/// every suite, whatever its seed, and the number text for pre-training agree on it. Without element-disjoint splits, trees on
/// magnitudes memorise which integers have a property (AUC 0.93 for perfect squares); with them they stay at chance.
/// </summary>
public static class ElementSplit
{
    /// <summary>Integers below this one have too few neighbours to be held out; they belong to <see cref="NumberSplit.Train"/>.</summary>
    public const long FirstHeldOut = 10;

    /// <summary>
    /// The split of an integer among train (half of all blocks), validation (a fifth) and test (three tenths). The shares are this even
    /// because a sequence of six related elements must lie in one split with all of them: 0.3^6 of the arithmetic progressions are
    /// left for test, but only 0.1^6 would be at a tenth.
    /// </summary>
    /// <param name="n">At least 0.</param>
    public static NumberSplit Of(long n)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        if (n < FirstHeldOut)
        {
            return NumberSplit.Train;
        }

        // The constant belongs to version 1 of the suite: another one draws other splits and makes all figures incomparable.
        ulong hash = SeededRandom.Mix((ulong)BlockOf(n) ^ 0x6F6E_6E78_656D_6265);
        return (hash % 10) switch
        {
            < 5 => NumberSplit.Train,
            < 7 => NumberSplit.Validation,
            _ => NumberSplit.Test,
        };
    }

    /// <summary>
    /// Number of the block of an integer: 4 integers a block below 1000, 16 below 10 000, 64 from there, so that short integers, too,
    /// fill enough blocks for each split.
    /// </summary>
    public static long BlockOf(long n) => n switch
    {
        < 1_000 => n / 4,
        < 10_000 => 1_000 + (n / 16),
        _ => 10_000 + (n / 64),
    };
}
