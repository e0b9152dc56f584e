using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Decompositions;

/// <summary>
/// Eigenvalues and eigenvectors of a symmetric matrix: Householder's reduction to a tridiagonal matrix, then QL steps with implicit shifts
/// (G. Golub, C. Van Loan, Matrix Computations, 4th ed., §8.3). Rows are the unit of all loops, so that every access is contiguous and
/// results do not depend on threads.
/// </summary>
internal static class SymmetricEigen
{
    // A step over fewer elements costs less than handing it to another thread.
    private const long ParallelFrom = 1 << 15;

    // 2^-53
    private const double Rounding = 1.1102230246251565e-16;

    /// <summary>The largest eigenvalues, falling, and their eigenvectors as rows.</summary>
    /// <param name="matrix">A symmetric matrix, which is overwritten.</param>
    /// <param name="count">How many.</param>
    /// <param name="parallel">Threads and cancellation.</param>
    public static (double[] Values, Matrix Vectors) Largest(Matrix matrix, int count, ParallelOptions parallel)
    {
        int n = matrix.Rows;
        double[] diagonal = new double[n];
        double[] off = new double[n]; // off[i] couples i and i + 1
        double[] scales = Tridiagonalize(matrix, diagonal, off, parallel);
        Matrix rotations = new(n, n);
        for (int i = 0; i < n; i++)
        {
            rotations[i][i] = 1;
        }

        Diagonalize(diagonal, off, rotations, parallel);
        int[] order = [.. Enumerable.Range(0, n).OrderByDescending(i => diagonal[i]).Take(count)];
        Matrix vectors = new(order.Length, n);
        Parallel.For(0, order.Length, parallel, i =>
        {
            Span<double> vector = vectors[i];
            rotations[order[i]].CopyTo(vector);
            for (int k = n - 3; k >= 0; k--)
            {
                ReadOnlySpan<double> reflector = matrix[k][(k + 1)..];
                Span<double> part = vector[(k + 1)..];
                Blends.Accumulate(-scales[k] * Reductions.Dot(reflector, part), reflector, part);
            }
        });
        return ([.. order.Select(i => diagonal[i])], vectors);
    }

    /// <summary>
    /// Q T Qᵀ with T tridiagonal and Q = H₀ H₁ …, Hₖ = I - scaleₖ·v vᵀ; row k of the matrix keeps v right of its diagonal. Returns the scales.
    /// </summary>
    private static double[] Tridiagonalize(Matrix matrix, double[] diagonal, double[] off, ParallelOptions parallel)
    {
        int n = matrix.Rows;
        double[] scales = new double[n];
        double[] w = new double[n];
        for (int k = 0; k < n - 2; k++)
        {
            diagonal[k] = matrix[k][k];
            double[] v = matrix[k][(k + 1)..].ToArray();
            double norm = Math.Sqrt(Reductions.SquaredNorm(v));
            off[k] = v[0] > 0 ? -norm : norm;
            if (norm == 0)
            {
                continue;
            }

            v[0] -= off[k];
            double scale = 2 / Reductions.SquaredNorm(v);
            scales[k] = scale;
            v.CopyTo(matrix[k][(k + 1)..]);
            int size = v.Length, from = k + 1;
            For(size, (long)size * size, parallel, i => w[i] = scale * Reductions.Dot(matrix[from + i][from..], v));
            Blends.Accumulate(-0.5 * scale * Reductions.Dot(w.AsSpan(0, size), v), v, w.AsSpan(0, size));
            For(size, (long)size * size, parallel, i => RowKernels.Subtract(v[i], w.AsSpan(0, size), w[i], v, matrix[from + i][from..]));
        }

        for (int k = Math.Max(0, n - 2); k < n; k++)
        {
            diagonal[k] = matrix[k][k];
            off[k] = k + 1 < n ? matrix[k][k + 1] : 0;
        }

        return scales;
    }

    /// <summary>QL with Wilkinson's shift; the rotations of a sweep are applied together, columns shared out between threads.</summary>
    private static void Diagonalize(double[] d, double[] e, Matrix z, ParallelOptions parallel)
    {
        int n = d.Length;
        double[] sines = new double[n], cosines = new double[n];
        for (int l = 0; l < n; l++)
        {
            for (int sweep = 0; ; sweep++)
            {
                int m = l;
                while (m < n - 1 && Math.Abs(e[m]) > double.Epsilon + (Rounding * (Math.Abs(d[m]) + Math.Abs(d[m + 1]))))
                {
                    m++;
                }

                if (m == l)
                {
                    break;
                }

                if (sweep == 200)
                {
                    throw new ArithmeticException($"eigenvalue {l} of a matrix [{n}, {n}] was not found in {sweep} steps");
                }

                int lowest = Sweep(d, e, l, m, sines, cosines);
                Rotate(z, lowest, m, sines, cosines, parallel);
            }
        }
    }

    /// <summary>One implicit QL step on rows l…m; returns the lowest row whose rotation is set.</summary>
    private static int Sweep(double[] d, double[] e, int l, int m, double[] sines, double[] cosines)
    {
        double g = (d[l + 1] - d[l]) / (2 * e[l]);
        double r = double.Hypot(g, 1);
        g = d[m] - d[l] + (e[l] / (g + (g >= 0 ? r : -r)));
        double s = 1, c = 1, p = 0;
        for (int i = m - 1; i >= l; i--)
        {
            double f = s * e[i];
            double b = c * e[i];
            r = double.Hypot(f, g);
            e[i + 1] = r;
            if (r == 0)
            {
                d[i + 1] -= p;
                e[m] = 0;
                return i + 1;
            }

            s = f / r;
            c = g / r;
            g = d[i + 1] - p;
            r = ((d[i] - g) * s) + (2 * c * b);
            p = s * r;
            d[i + 1] = g + p;
            g = (c * r) - b;
            sines[i] = s;
            cosines[i] = c;
        }

        d[l] -= p;
        e[l] = g;
        e[m] = 0;
        return l;
    }

    private static void Rotate(Matrix z, int lowest, int highest, double[] sines, double[] cosines, ParallelOptions parallel)
    {
        const int Width = 64;
        int chunks = (z.Columns + Width - 1) / Width;
        For(chunks, (long)(highest - lowest) * z.Columns, parallel, chunk =>
        {
            int left = chunk * Width, width = Math.Min(Width, z.Columns - left);
            for (int i = highest - 1; i >= lowest; i--)
            {
                RowKernels.Rotate(cosines[i], sines[i], z[i].Slice(left, width), z[i + 1].Slice(left, width));
            }
        });
    }

    private static void For(int count, long work, ParallelOptions parallel, Action<int> action)
    {
        if (work < ParallelFrom)
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
