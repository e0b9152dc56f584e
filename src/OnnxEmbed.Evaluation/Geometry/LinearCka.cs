using System.Numerics.Tensors;
using OnnxEmbed.Evaluation.Kernels;

namespace OnnxEmbed.Evaluation.Geometry;

/// <summary>
/// Linear centred kernel alignment: how alike two embeddings of the same items are, up to rotation and scale. S. Kornblith et al.,
/// "Similarity of neural network representations revisited", ICML 2019, section 3.
/// </summary>
public static class LinearCka
{
    /// <summary>
    /// Debiased: HSIC(X, Y) / √(HSIC(X, X) HSIC(Y, Y)) with the unbiased HSIC of L. Song et al., "Feature selection via dependence
    /// maximization", JMLR 13 (2012), equation 5. At most 1; 0 expected for independent embeddings, so it can be slightly negative.
    /// </summary>
    /// <param name="x">Embeddings [n, d1].</param>
    /// <param name="y">Embeddings [n, d2] of the same items.</param>
    /// <param name="degree">Threads to use, at least 1.</param>
    /// <exception cref="EvaluationException">The rows differ, n is below 4, or an embedding is constant.</exception>
    public static double Debiased(EmbeddingMatrix x, EmbeddingMatrix y, int degree)
    {
        RequireSameItems(x, y, 4);
        Side left = Side.Of(x, degree), right = Side.Of(y, degree);
        return Ratio(UnbiasedHsic(left, right, degree), UnbiasedHsic(left, left, degree), UnbiasedHsic(right, right, degree));
    }

    /// <summary>Biased: |XᵀY|² / (|XᵀX| |YᵀY|) of the centred embeddings, Frobenius norms; in [0, 1], and above 0 even for independent
    /// ones.</summary>
    /// <inheritdoc cref="Debiased" path="/param"/>
    /// <exception cref="EvaluationException">The rows differ, n is below 2, or an embedding is constant.</exception>
    public static double Biased(EmbeddingMatrix x, EmbeddingMatrix y, int degree)
    {
        RequireSameItems(x, y, 2);
        Side left = Side.Of(x, degree), right = Side.Of(y, degree);
        return Ratio(SquaredNorm(left, right, degree), SquaredNorm(left, left, degree), SquaredNorm(right, right, degree));
    }

    private static double Ratio(double xy, double xx, double yy) => xx > 0 && yy > 0
        ? xy / Math.Sqrt(xx * yy)
        : throw new EvaluationException("CKA: needs embeddings that vary, got a constant one");

    // With K = XXᵀ of centred X, K̃ = K without its diagonal, likewise L: tr(K̃L̃) = |XᵀY|² - Σ k_ii l_ii; K̃1 = -diag K, since X sums to
    // 0.
    private static double UnbiasedHsic(Side x, Side y, int degree)
    {
        double n = x.Embeddings.Rows;
        double diagonals = TensorPrimitives.Dot<double>(x.Diagonal, y.Diagonal);
        double trace = SquaredNorm(x, y, degree) - diagonals;
        double totals = TensorPrimitives.Sum<double>(x.Diagonal) * TensorPrimitives.Sum<double>(y.Diagonal);
        return (trace + (totals / ((n - 1) * (n - 2))) - (2 / (n - 2) * diagonals)) / (n * (n - 3));
    }

    private static double SquaredNorm(Side x, Side y, int degree)
    {
        double[] panels = new double[(x.Embeddings.Width + CrossProducts.PanelColumns - 1) / CrossProducts.PanelColumns];
        CrossProducts.ForPanels(x.Embeddings, x.Means, y.Embeddings, y.Means, degree, (first, columns, values, stride) =>
            panels[first / CrossProducts.PanelColumns] = TensorPrimitives.SumOfSquares<double>(values.AsSpan(0, columns * stride)));
        return panels.Sum();
    }

    private static void RequireSameItems(EmbeddingMatrix x, EmbeddingMatrix y, int least)
    {
        if (x.Rows != y.Rows || x.Rows < least)
            throw new EvaluationException($"CKA: needs two embeddings of the same items, at least {least}, got {x.Rows} and {y.Rows} rows");
    }

    private sealed record Side(EmbeddingMatrix Embeddings, double[] Means, double[] Diagonal)
    {
        public static Side Of(EmbeddingMatrix embeddings, int degree)
        {
            double[] means = ColumnMoments.Means(embeddings, degree);
            return new Side(embeddings, means, Clustering.KMeansPlusPlus.Norms(embeddings, means, degree));
        }
    }
}
