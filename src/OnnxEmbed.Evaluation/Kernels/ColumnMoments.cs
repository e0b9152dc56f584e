using System.Numerics.Tensors;

namespace OnnxEmbed.Evaluation.Kernels;

/// <summary>Means and variances of columns, and lengths of rows, in double.</summary>
internal static class ColumnMoments
{
    /// <summary>Mean [d] of each column.</summary>
    public static double[] Means(EmbeddingMatrix embeddings, int degree)
    {
        double[] sums = RowBlocks.Sum(embeddings.Rows, embeddings.Width, degree, () => new double[embeddings.Width],
            (start, count, buffer, partial) =>
            {
                for (int row = start; row < start + count; row++)
                {
                    PackedRows.Widen(embeddings.Row(row), buffer);
                    TensorPrimitives.Add<double>(partial, buffer, partial);
                }
            });
        TensorPrimitives.Divide(sums, embeddings.Rows, sums);
        return sums;
    }

    /// <summary>Population variance [d] of each column around <paramref name="means"/>.</summary>
    public static double[] Variances(EmbeddingMatrix embeddings, double[] means, int degree)
    {
        double[] sums = RowBlocks.Sum(embeddings.Rows, embeddings.Width, degree, () => new double[embeddings.Width],
            (start, count, buffer, partial) =>
            {
                for (int row = start; row < start + count; row++)
                {
                    PackedRows.Widen(embeddings.Row(row), buffer);
                    TensorPrimitives.Subtract<double>(buffer, means, buffer);
                    TensorPrimitives.MultiplyAdd<double>(buffer, buffer, partial, partial);
                }
            });
        TensorPrimitives.Divide(sums, embeddings.Rows, sums);
        return sums;
    }

    /// <summary>1 / |row| for each row, 0 for a row of zeros.</summary>
    public static double[] InverseNorms(EmbeddingMatrix embeddings, int degree)
    {
        double[] inverse = new double[embeddings.Rows];
        RowBlocks.ForRows(embeddings.Rows, degree, () => new double[embeddings.Width], (start, count, buffer) =>
        {
            for (int row = start; row < start + count; row++)
            {
                PackedRows.Widen(embeddings.Row(row), buffer);
                double norm = Math.Sqrt(TensorPrimitives.SumOfSquares<double>(buffer));
                inverse[row] = norm > 0 ? 1 / norm : 0;
            }
        });
        return inverse;
    }
}
