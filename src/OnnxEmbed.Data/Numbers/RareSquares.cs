using OnnxEmbed.Data.Arithmetic;

namespace OnnxEmbed.Data.Numbers;

/// <summary>The perfect squares.</summary>
internal sealed class RareSquares : RareIntegers
{
    public override long Draw(SeededRandom random, int digitCount)
    {
        long low = Residues.SquareRoot(Digits.Low(digitCount) - 1) + 1;
        long root = random.Between(low, Residues.SquareRoot(Digits.High(digitCount)));
        return root * root;
    }

    public override long Next(long n, int direction)
    {
        long root = direction > 0 ? Residues.SquareRoot(n) + 1 : Residues.SquareRoot(n - 1);
        return root * root;
    }
}
