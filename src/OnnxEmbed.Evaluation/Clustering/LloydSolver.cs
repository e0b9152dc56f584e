using System.Numerics.Tensors;
using OnnxEmbed.Evaluation.Kernels;

namespace OnnxEmbed.Evaluation.Clustering;

/// <summary>Lloyd's iterations from given centres: assign each row to its nearest centre, move each centre to the mean of its
/// rows.</summary>
internal sealed class LloydSolver(EmbeddingMatrix embeddings, double[] means, double tolerance, int maxIterations, int degree)
{
    private readonly int _width = embeddings.Width;

    /// <summary>Runs from the packed, mean-centred centres, which are overwritten.</summary>
    public KMeansResult Run(PackedRows centers)
    {
        int n = embeddings.Rows, k = centers.Count;
        int[] labels = new int[n], previous = new int[n];
        Array.Fill(previous, -1);
        double[] old = new double[k * _width];
        bool stable = false;
        int iteration = 0;
        bool converged = false;
        while (iteration < maxIterations && !converged)
        {
            iteration++;
            double[] sums = Assign(centers, labels, updateCenters: true);
            for (int cluster = 0; cluster < k; cluster++)
                centers.Row(cluster).CopyTo(old.AsSpan(cluster * _width));
            MoveCenters(centers, old, sums, labels, k);
            stable = labels.AsSpan().SequenceEqual(previous);
            converged = stable || Shift(centers, old, k) <= tolerance;
            labels.CopyTo(previous, 0);
        }

        // The labels must be those of the final centres; after a stable iteration they are.
        if (!stable)
            Assign(centers, labels, updateCenters: false);
        double[] result = new double[k * _width];
        for (int cluster = 0; cluster < k; cluster++)
            centers.Row(cluster).CopyTo(result.AsSpan(cluster * _width));
        return new KMeansResult(labels, result, Inertia(result, labels), iteration, converged);
    }

    // Sets the labels; returns sums [k, d] of each cluster's rows, then counts [k].
    private double[] Assign(PackedRows centers, int[] labels, bool updateCenters)
    {
        int k = centers.Count, stride = centers.PaddedCount;
        double[] norms = new double[k];
        for (int cluster = 0; cluster < k; cluster++)
            norms[cluster] = TensorPrimitives.SumOfSquares<double>(centers.Row(cluster));
        return RowBlocks.Sum(embeddings.Rows, updateCenters ? (k * _width) + k : 0, degree,
            () => (Rows: new PackedRows(RowBlocks.Size, _width), Products: new double[RowBlocks.Size * stride]),
            (start, count, buffers, partial) =>
            {
                buffers.Rows.Load(embeddings, null, start, count, means);
                DotTile.Multiply(buffers.Rows, centers, buffers.Products);
                for (int i = 0; i < count; i++)
                {
                    Span<double> row = buffers.Products.AsSpan(i * stride, k);
                    TensorPrimitives.MultiplyAdd<double>(row, -2, norms, row);
                    int label = TensorPrimitives.IndexOfMin<double>(row);
                    labels[start + i] = label;
                    if (!updateCenters)
                        continue;
                    Span<double> total = partial.AsSpan(label * _width, _width);
                    TensorPrimitives.Add(total, buffers.Rows.Row(i), total);
                    partial[(k * _width) + label]++;
                }
            });
    }

    private void MoveCenters(PackedRows centers, double[] old, double[] sums, int[] labels, int k)
    {
        Span<double> counts = sums.AsSpan(k * _width, k);
        if (counts.Contains(0.0))
            RelocateEmpty(old, sums, labels, k);
        int largest = TensorPrimitives.IndexOfMax<double>(counts);
        for (int cluster = 0; cluster < k; cluster++)
        {
            // A cluster that stays empty shares the place of the largest one.
            int source = counts[cluster] > 0 ? cluster : largest;
            TensorPrimitives.Divide(sums.AsSpan(source * _width, _width), counts[source], centers.Row(cluster));
        }
    }

    // Each empty cluster takes the row farthest from its centre, which leaves the cluster that had it.
    private void RelocateEmpty(double[] old, double[] sums, int[] labels, int k)
    {
        double[] distances = new double[embeddings.Rows];
        RowBlocks.ForRows(embeddings.Rows, degree, () => new PackedRows(RowBlocks.Size, _width), (start, count, rows) =>
        {
            rows.Load(embeddings, null, start, count, means);
            for (int i = 0; i < count; i++)
            {
                double distance = TensorPrimitives.Distance<double>(rows.Row(i), old.AsSpan(labels[start + i] * _width, _width));
                distances[start + i] = distance * distance;
            }
        });
        if (TensorPrimitives.Max<double>(distances) == 0)
            return;
        Span<double> counts = sums.AsSpan(k * _width, k);
        int empty = counts.Count(0.0);
        int[] farthest = [.. Enumerable.Range(0, distances.Length).OrderByDescending(row => distances[row]).Take(empty)];
        PackedRows moved = new(1, _width);
        for (int cluster = 0, next = 0; cluster < k; cluster++)
        {
            if (counts[cluster] > 0 || next == farthest.Length)
                continue;
            int row = farthest[next++];
            moved.Load(embeddings, null, row, 1, means);
            Span<double> donor = sums.AsSpan(labels[row] * _width, _width);
            TensorPrimitives.Subtract(donor, moved.Row(0), donor);
            moved.Row(0).CopyTo(sums.AsSpan(cluster * _width));
            counts[cluster] = 1;
            counts[labels[row]]--;
        }
    }

    private double Shift(PackedRows centers, double[] old, int k)
    {
        double sum = 0;
        for (int cluster = 0; cluster < k; cluster++)
        {
            double distance = TensorPrimitives.Distance<double>(centers.Row(cluster), old.AsSpan(cluster * _width, _width));
            sum += distance * distance;
        }

        return sum;
    }

    private double Inertia(double[] centers, int[] labels) =>
        RowBlocks.Sum(embeddings.Rows, 1, degree, () => new PackedRows(RowBlocks.Size, _width), (start, count, rows, partial) =>
        {
            rows.Load(embeddings, null, start, count, means);
            for (int i = 0; i < count; i++)
            {
                Span<double> row = rows.Row(i);
                TensorPrimitives.Subtract(row, centers.AsSpan(labels[start + i] * _width, _width), row);
                partial[0] += TensorPrimitives.SumOfSquares<double>(row);
            }
        })[0];
}
