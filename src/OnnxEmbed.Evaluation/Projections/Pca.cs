using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;
using OnnxEmbed.Evaluation.Geometry;
using OnnxEmbed.Evaluation.Kernels;
using OnnxEmbed.Evaluation.Statistics;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation.Projections;

/// <summary>
/// Principal components of mean-centred embeddings. Each component is signed so that its loading of largest magnitude is positive (the
/// first
/// of equals): the same embeddings give the same picture. Up to <see cref="ExactWidth"/> columns from the covariance matrix; beyond, by
/// subspace iteration from a fixed start (N. Halko, P. Martinsson and J. Tropp, "Finding structure with randomness", SIAM Review 53
/// (2011)).
/// </summary>
public static class Pca
{
    /// <summary>Most columns whose covariance matrix is decomposed.</summary>
    public const int ExactWidth = 1024;

    private const int Oversampling = 10;
    private const int MaxIterations = 100;
    private const double Settled = 1e-9;

    /// <summary>Projects items on their first components.</summary>
    /// <param name="embeddings">Embeddings [n, d].</param>
    /// <param name="dimensions">Number of components, in [1, d].</param>
    /// <param name="degree">Threads to use, at least 1.</param>
    /// <exception cref="OptionException"><paramref name="dimensions"/> is out of its range.</exception>
    public static Projection Project(EmbeddingMatrix embeddings, int dimensions, int degree)
    {
        if (dimensions < 1 || dimensions > embeddings.Width)
            throw new OptionException($"PCA: needs 1 to {embeddings.Width} dimensions, got {dimensions}");
        double[] means = ColumnMoments.Means(embeddings, degree);
        double total = ColumnMoments.Variances(embeddings, means, degree).Sum();
        (double[] components, double[] variances) = embeddings.Width <= ExactWidth
            ? Exact(embeddings, means, dimensions, degree)
            : Iterated(embeddings, means, dimensions, degree);
        for (int component = 0; component < dimensions; component++)
            Sign(components.AsSpan(component * embeddings.Width, embeddings.Width));
        double[] points = new double[checked(embeddings.Rows * dimensions)];
        RowBlocks.ForRows(embeddings.Rows, degree, () => new PackedRows(RowBlocks.Size, embeddings.Width), (start, count, rows) =>
        {
            rows.Load(embeddings, null, start, count, means);
            for (int i = 0; i < count; i++)
            {
                for (int component = 0; component < dimensions; component++)
                {
                    points[((start + i) * dimensions) + component] =
                        TensorPrimitives.Dot<double>(rows.Row(i), components.AsSpan(component * embeddings.Width, embeddings.Width));
                }
            }
        });
        return new Projection("PCA", points, dimensions, [.. variances.Select(variance => total > 0 ? Math.Max(0, variance) / total : 0)]);
    }

    private static (double[] Components, double[] Variances) Exact(EmbeddingMatrix embeddings, double[] means, int dimensions, int degree)
    {
        int d = embeddings.Width;
        Matrix<double> covariance = Matrix<double>.Build.Dense(d, d);
        CrossProducts.ForPanels(embeddings, means, embeddings, means, degree, (first, columns, values, stride) =>
        {
            for (int i = 0; i < columns; i++)
            {
                for (int j = 0; j < d; j++)
                    covariance.At(first + i, j, values[(i * stride) + j] / embeddings.Rows);
            }
        });

        // Exactly symmetric, whatever the order of summation.
        covariance = (covariance + covariance.Transpose()) / 2;
        Evd<double> decomposition = covariance.Evd(Symmetricity.Symmetric);
        return Largest(decomposition.EigenVectors, decomposition.EigenValues.Real().ToArray(), dimensions);
    }

    private static (double[] Components, double[] Variances) Iterated(
        EmbeddingMatrix embeddings, double[] means, int dimensions, int degree)
    {
        int d = embeddings.Width, size = Math.Min(d, dimensions + Oversampling);
        RandomStream random = new(0);
        Matrix<double> basis = Matrix<double>.Build.Dense(d, size, (_, _) => random.NextNormal()).QR(QRMethod.Thin).Q;
        double[] previous = new double[size];
        for (int iteration = 0; ; iteration++)
        {
            Matrix<double> image = Covariance(embeddings, means, basis, degree);

            // Rayleigh-Ritz: the covariance seen by the basis.
            Matrix<double> seen = basis.TransposeThisAndMultiply(image);
            Evd<double> inner = ((seen + seen.Transpose()) / 2).Evd(Symmetricity.Symmetric);
            double[] values = inner.EigenValues.Real().ToArray();
            double change = values.Zip(previous, (a, b) => Math.Abs(a - b)).TakeLast(dimensions).Max();
            if (change <= Settled * values[^1] || iteration == MaxIterations)
                return Largest(basis * inner.EigenVectors, values, dimensions);
            previous = values;
            basis = image.QR(QRMethod.Thin).Q;
        }
    }

    // XᵀX basis / n of centred X, block by block.
    private static Matrix<double> Covariance(EmbeddingMatrix embeddings, double[] means, Matrix<double> basis, int degree)
    {
        int d = embeddings.Width, size = basis.ColumnCount;
        PackedRows columns = new(size, d);
        columns.Load(basis.ToColumnMajorArray(), size);
        double[] sums = RowBlocks.Sum(embeddings.Rows, size * d, degree,
            () => (Rows: new PackedRows(RowBlocks.Size, d), Products: new double[RowBlocks.Size * columns.PaddedCount]),
            (start, count, buffers, partial) =>
            {
                buffers.Rows.Load(embeddings, null, start, count, means);
                DotTile.Multiply(buffers.Rows, columns, buffers.Products);
                for (int i = 0; i < count; i++)
                {
                    for (int column = 0; column < size; column++)
                    {
                        Span<double> total = partial.AsSpan(column * d, d);
                        TensorPrimitives.MultiplyAdd(buffers.Rows.Row(i), buffers.Products[(i * columns.PaddedCount) + column], total,
                            total);
                    }
                }
            });
        return Matrix<double>.Build.Dense(d, size, sums) / embeddings.Rows;
    }

    // The decomposition orders eigenvalues upwards.
    private static (double[] Components, double[] Variances) Largest(Matrix<double> vectors, double[] values, int dimensions)
    {
        int[] order = [.. Enumerable.Range(0, values.Length).OrderByDescending(i => values[i]).Take(dimensions)];
        return ([.. order.SelectMany(i => vectors.Column(i))], [.. order.Select(i => values[i])]);
    }

    private static void Sign(Span<double> component)
    {
        if (component[TensorPrimitives.IndexOfMaxMagnitude<double>(component)] < 0)
            TensorPrimitives.Negate<double>(component, component);
    }
}
