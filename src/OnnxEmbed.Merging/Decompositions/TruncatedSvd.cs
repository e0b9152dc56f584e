using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Decompositions;

/// <summary>
/// The leading singular values and vectors of a matrix. Large matrices of which few are wanted: subspace iteration from a random start
/// (N. Halko, P. Martinsson, J. Tropp, arXiv:0909.4061, algorithms 4.4 and 5.1), iterated until the energy caught stops growing. Otherwise,
/// and where the energy asked for needs many: eigenvectors of the smaller of M·Mᵀ and Mᵀ·M. Singular values below 1e-8 of the largest are
/// not told apart, which is below the rounding of the f32 factors that are made of them.
/// </summary>
internal static class TruncatedSvd
{
    private const int SmallSide = 192;
    private const int FirstBlock = 32;
    private const int MostIterations = 12;
    private const double Converged = 1e-7;

    // An iteration gains less than the one before it: more than this many times its gain is not to come.
    private const double HopeOfGrowth = 10;

    // Squares of singular values are known to about this share of the largest.
    private const double Indistinct = 1e-15;

    /// <summary>The best approximation of a rank.</summary>
    /// <param name="matrix">M [m, n].</param>
    /// <param name="rank">Most values; fewer come back where M has fewer that are not zero.</param>
    /// <param name="parallel">Threads and cancellation.</param>
    public static LowRankFactors ToRank(Matrix matrix, int rank, ParallelOptions parallel) => Turned(matrix, wide =>
    {
        int size = rank + Math.Max(16, rank / 4);
        double energy = wide.SquaredNorm;
        return wide.Rows <= SmallSide || size >= wide.Rows / 2
            ? Finish(null, wide, energy, (_, _) => rank, parallel)
            : Within(Iterate(wide, wide.Transposed(), Start(wide.Rows, 0, size), energy, parallel), wide, energy, (_, _) => rank, parallel);
    });

    /// <summary>The approximation of least rank that holds a share of the energy ‖M‖².</summary>
    /// <param name="matrix">M [m, n].</param>
    /// <param name="share">The share, (0, 1].</param>
    /// <param name="mostRank">Most values, also where they hold less.</param>
    /// <param name="parallel">Threads and cancellation.</param>
    public static LowRankFactors ToEnergy(Matrix matrix, double share, int mostRank, ParallelOptions parallel) => Turned(matrix, wide =>
    {
        double energy = wide.SquaredNorm;
        int Enough(double[] squares, double all)
        {
            double sum = 0;
            int rank = 0;
            while (rank < Math.Min(mostRank, squares.Length) && sum < share * all)
            {
                sum += Math.Max(0, squares[rank++]);
            }

            return Math.Max(1, rank);
        }

        if (wide.Rows > SmallSide)
        {
            Matrix turned = wide.Transposed();
            Matrix basis = new(0, wide.Rows);
            for (int size = FirstBlock; size <= wide.Rows / 8; size *= 2)
            {
                basis = Iterate(wide, turned, basis.Above(Start(wide.Rows, basis.Rows, size - basis.Rows)), energy, parallel,
                    needed: share * energy);
                LowRankFactors found = Within(basis, wide, energy, Enough, parallel);

                // The last ones of a block have not converged; an answer that needs them is not taken.
                if (found.Rank <= size - (size / 4) && (found.EnergyKept >= share || found.Rank >= mostRank))
                {
                    return found;
                }
            }
        }

        return Finish(null, wide, energy, Enough, parallel);
    });

    /// <summary>The best approximation of a product left [m, k] · right [k, n] with few columns and rows k, without forming it.</summary>
    public static LowRankFactors OfProduct(Matrix left, Matrix right, int rank, ParallelOptions parallel)
    {
        Matrix basis = OrthonormalRows.Of(left.Transposed(), parallel);
        Matrix image = MatrixProduct.Multiply(MatrixProduct.Multiply(basis, left, parallel), right, parallel);
        return Finish(basis, image, image.SquaredNorm, (_, _) => rank, parallel);
    }

    /// <summary>Works on the matrix or its transpose, whichever is not taller than wide.</summary>
    private static LowRankFactors Turned(Matrix matrix, Func<Matrix, LowRankFactors> decompose)
    {
        if (matrix.Rows <= matrix.Columns)
        {
            return decompose(matrix);
        }

        LowRankFactors turned = decompose(matrix.Transposed());
        return turned with { Left = turned.Right, Right = turned.Left };
    }

    private static Matrix Start(int columns, int from, int rows)
    {
        Matrix start = new(rows, columns);
        CounterRandom random = new(0, $"subspace/{from}");
        for (int i = 0; i < start.Values.Length; i++)
        {
            start.Values[i] = random.NextNormal();
        }

        return start;
    }

    /// <summary>
    /// Orthonormal rows [k, m] near the leading left singular vectors; not followed up where they will not hold the energy needed.
    /// </summary>
    private static Matrix Iterate(Matrix wide, Matrix turned, Matrix start, double energy, ParallelOptions parallel, double needed = 0)
    {
        Matrix basis = OrthonormalRows.Of(start, parallel);
        double caught = 0;
        for (int i = 0; i < MostIterations; i++)
        {
            Matrix image = MatrixProduct.Multiply(basis, wide, parallel);
            double now = image.SquaredNorm;
            if (i > 1 && (now - caught <= Converged * energy || now + (HopeOfGrowth * (now - caught)) < needed))
            {
                break;
            }

            caught = now;
            basis = OrthonormalRows.Of(MatrixProduct.Multiply(image, turned, parallel), parallel);
        }

        return basis;
    }

    private static LowRankFactors Within(
        Matrix basis, Matrix wide, double energy, Func<double[], double, int> rank, ParallelOptions parallel) =>
        Finish(basis, MatrixProduct.Multiply(basis, wide, parallel), energy, rank, parallel);

    /// <summary>
    /// Singular vectors within a subspace: the eigenvectors of Z·Zᵀ with Z = basis · M; no basis stands for the identity.
    /// </summary>
    private static LowRankFactors Finish(
        Matrix? basis, Matrix image, double energy, Func<double[], double, int> rank, ParallelOptions parallel)
    {
        (_, Matrix chosen) = SymmetricEigen.Largest(MatrixProduct.Gram(image, parallel), squares =>
        {
            double floor = squares.Length == 0 ? 0 : Math.Max(0, squares[0]) * Indistinct;
            int distinct = Math.Max(1, squares.Count(square => square > floor));
            return Math.Min(squares.Length, Math.Min(distinct, rank(squares, energy)));
        }, parallel);
        Matrix left = basis is null ? chosen : MatrixProduct.Multiply(chosen, basis, parallel);
        Matrix right = MatrixProduct.Multiply(chosen, image, parallel);
        double[] values = new double[chosen.Rows];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Math.Sqrt(Reductions.SquaredNorm(right[i]));
            System.Numerics.Tensors.TensorPrimitives.Divide(right[i], values[i] == 0 ? 1 : values[i], right[i]);
        }

        return new LowRankFactors(values, left, right, energy);
    }
}
