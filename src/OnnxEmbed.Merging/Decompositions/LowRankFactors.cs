namespace OnnxEmbed.Merging.Decompositions;

/// <summary>
/// The leading part of a singular value decomposition: M ≈ Uᵀ·diag(σ)·V with U [rank, rows] and V [rank, columns], both of orthonormal
/// rows.
/// </summary>
/// <param name="Values">σ, falling.</param>
/// <param name="Left">U.</param>
/// <param name="Right">V.</param>
/// <param name="Energy">‖M‖², the sum of all σ².</param>
internal sealed record LowRankFactors(double[] Values, Matrix Left, Matrix Right, double Energy)
{
    public int Rank => Values.Length;

    /// <summary>Share of the energy that the kept values hold, [0, 1]; 1 for a matrix of zeros.</summary>
    public double EnergyKept => Energy == 0 ? 1 : Math.Min(1, Values.Sum(value => value * value) / Energy);

    /// <summary>
    /// B [rows, rank] and A [rank, columns] with B·A = Uᵀ·diag(σ)·V, each with the root of σ, so that neither is out of scale.
    /// </summary>
    public (Matrix B, Matrix A) Balanced()
    {
        Matrix b = Left.Transposed();
        Matrix a = new(Right.Rows, Right.Columns, [.. Right.Values]);
        for (int k = 0; k < Rank; k++)
        {
            double root = Math.Sqrt(Values[k]);
            System.Numerics.Tensors.TensorPrimitives.Multiply(a[k], root, a[k]);
            for (int row = 0; row < b.Rows; row++)
            {
                b[row][k] *= root;
            }
        }

        return (b, a);
    }
}
