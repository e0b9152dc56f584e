namespace OnnxEmbed.Data.Numbers;

/// <summary>A set of integers that is too thin to be found by trial: it is drawn from and walked along directly.</summary>
internal abstract class RareIntegers
{
    /// <summary>An integer of the set with so many digits.</summary>
    public abstract long Draw(SeededRandom random, int digitCount);

    /// <summary>The next integer of the set above n (direction 1) or below it (direction -1); it may have other digits, or be 0.</summary>
    public abstract long Next(long n, int direction);
}
