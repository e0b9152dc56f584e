using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Decompositions;

/// <summary>
/// Gram-Schmidt, done twice for each row, which leaves rows orthogonal to the last bits (L. Giraud et al., "The loss of orthogonality in
/// the Gram-Schmidt orthogonalization process", 2005).
/// </summary>
internal static class OrthonormalRows
{
    // What is left of a row below this share of it is rounding.
    private const double Nothing = 1e-13;

    /// <summary>Orthonormal rows that span what the rows of a matrix span; dependent ones are left out.</summary>
    public static Matrix Of(Matrix matrix, ParallelOptions parallel)
    {
        Matrix basis = new(Math.Min(matrix.Rows, matrix.Columns), matrix.Columns);
        int count = 0;
        double[] shares = new double[basis.Rows];
        for (int row = 0; row < matrix.Rows && count < basis.Rows; row++)
        {
            Span<double> target = basis[count];
            matrix[row].CopyTo(target);
            double before = Math.Sqrt(Reductions.SquaredNorm(target));
            if (before == 0 || !double.IsFinite(before))
            {
                continue;
            }

            int held = count;
            for (int pass = 0; pass < 2; pass++)
            {
                For(held, held * matrix.Columns, parallel, i => shares[i] = Reductions.Dot(basis[i], basis[held]));
                const int Width = 512;
                For((matrix.Columns + Width - 1) / Width, held * matrix.Columns, parallel, chunk =>
                {
                    int left = chunk * Width, width = Math.Min(Width, matrix.Columns - left);
                    Span<double> part = basis[held].Slice(left, width);
                    for (int i = 0; i < held; i++)
                    {
                        Blends.Accumulate(-shares[i], basis[i].Slice(left, width), part);
                    }
                });
            }

            double norm = Math.Sqrt(Reductions.SquaredNorm(target));
            if (norm > before * Nothing)
            {
                System.Numerics.Tensors.TensorPrimitives.Divide(target, norm, target);
                count++;
            }
        }

        return basis.Top(count);
    }

    private static void For(int count, long work, ParallelOptions parallel, Action<int> action)
    {
        if (work < 1 << 16)
        {
            parallel.CancellationToken.ThrowIfCancellationRequested();
            for (int i = 0; i < count; i++)
            {
                action(i);
            }

            return;
        }

        Parallel.For(0, count, parallel, action);
    }
}
