using System.Numerics.Tensors;
using OnnxEmbed.Evaluation.Clustering;
using OnnxEmbed.Evaluation.Kernels;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation.Probes;

/// <summary>
/// k-nearest-neighbour vote by exhaustive search, in double: the majority of the k nearest training items, on a tied vote the smallest
/// label
/// (https://scikit-learn.org/1.2/modules/generated/sklearn.neighbors.KNeighborsClassifier.html); of items equally near, the first.
/// </summary>
public static class NearestNeighbors
{
    /// <summary>The label [m] voted for each item of <paramref name="test"/>.</summary>
    /// <param name="train">Embeddings [n, d] with known labels.</param>
    /// <param name="labels">Label [n] of each of them.</param>
    /// <param name="test">Embeddings [m, d].</param>
    /// <param name="neighbors">k, in [1, n].</param>
    /// <param name="cosine">Whether near means a small angle; otherwise Euclidean distance.</param>
    /// <param name="degree">Threads to use, at least 1.</param>
    /// <exception cref="OptionException"><paramref name="neighbors"/> is less than 1.</exception>
    /// <exception cref="EvaluationException">Fewer training items than neighbours, widths or lengths that differ.</exception>
    public static int[] Predict(
        EmbeddingMatrix train, ReadOnlySpan<int> labels, EmbeddingMatrix test, int neighbors, bool cosine, int degree)
    {
        LabelSet set = LabelSet.ForRows("k-NN", labels, train.Rows);
        int[] nearest = Find(train, test, neighbors, cosine, degree);
        int[] votes = new int[set.Count];
        int[] predicted = new int[test.Rows];
        for (int row = 0; row < test.Rows; row++)
        {
            Array.Clear(votes);
            foreach (int item in nearest.AsSpan(row * neighbors, neighbors))
                votes[set.Codes[item]]++;
            predicted[row] = set.Values[TensorPrimitives.IndexOfMax<int>(votes)];
        }

        return predicted;
    }

    /// <summary>Rows of <paramref name="train"/> nearest to each item of <paramref name="test"/> [m, k], nearest first.</summary>
    /// <inheritdoc cref="Predict" path="/param"/>
    /// <inheritdoc cref="Predict" path="/exception"/>
    public static int[] Find(EmbeddingMatrix train, EmbeddingMatrix test, int neighbors, bool cosine, int degree)
    {
        if (neighbors < 1)
            throw new OptionException($"k-NN: needs at least 1 neighbour, got {neighbors}");
        if (train.Width != test.Width)
            throw new EvaluationException($"k-NN: needs embeddings of width {train.Width}, got {test.Width}");
        if (train.Rows < neighbors)
            throw new EvaluationException($"k-NN: needs at least {neighbors} training items, got {train.Rows}");
        double[]? offset = cosine ? null : ColumnMoments.Means(train, degree);
        double[]? trainScales = cosine ? ColumnMoments.InverseNorms(train, degree) : null;
        double[]? testScales = cosine ? ColumnMoments.InverseNorms(test, degree) : null;
        int[] nearest = new int[checked(test.Rows * neighbors)];
        RowBlocks.ForRows(test.Rows, degree, () => new Buffers(train.Width, neighbors), (start, count, buffers) =>
        {
            buffers.Test.Load(test, null, start, count, offset, testScales);
            Array.Fill(buffers.Distances, double.PositiveInfinity);
            for (int from = 0; from < train.Rows; from += RowBlocks.Size)
            {
                buffers.Train.Load(train, null, from, Math.Min(RowBlocks.Size, train.Rows - from), offset, trainScales);
                Visit(buffers, from, neighbors, nearest.AsSpan(start * neighbors, count * neighbors), cosine);
            }
        });
        return nearest;
    }

    // Distances up to what is the same for all training items: |y|² - 2 x·y, or -x·y of unit rows.
    private static void Visit(Buffers buffers, int from, int neighbors, Span<int> nearest, bool cosine)
    {
        int stride = buffers.Train.PaddedCount, count = buffers.Train.Count;
        for (int j = 0; j < count; j++)
            buffers.Norms[j] = cosine ? 0 : TensorPrimitives.SumOfSquares<double>(buffers.Train.Row(j));
        DotTile.Multiply(buffers.Test, buffers.Train, buffers.Tile);
        for (int i = 0; i < buffers.Test.Count; i++)
        {
            Span<double> row = buffers.Tile.AsSpan(i * stride, count);
            TensorPrimitives.MultiplyAdd<double>(row, -2, buffers.Norms.AsSpan(0, count), row);
            Span<double> kept = buffers.Distances.AsSpan(i * neighbors, neighbors);
            Span<int> items = nearest.Slice(i * neighbors, neighbors);
            for (int j = 0; j < count; j++)
            {
                if (!(row[j] < kept[^1]))
                    continue;
                int place = neighbors - 1;
                for (; place > 0 && row[j] < kept[place - 1]; place--)
                {
                    kept[place] = kept[place - 1];
                    items[place] = items[place - 1];
                }

                kept[place] = row[j];
                items[place] = from + j;
            }
        }
    }

    private sealed class Buffers(int width, int neighbors)
    {
        public PackedRows Test { get; } = new(RowBlocks.Size, width);

        public PackedRows Train { get; } = new(RowBlocks.Size, width);

        public double[] Tile { get; } = new double[RowBlocks.Size * RowBlocks.Size];

        public double[] Norms { get; } = new double[RowBlocks.Size];

        public double[] Distances { get; } = new double[RowBlocks.Size * neighbors];
    }
}
