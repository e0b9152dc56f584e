using System.Numerics.Tensors;
using OnnxEmbed.Evaluation.Kernels;

namespace OnnxEmbed.Evaluation.Clustering;

/// <summary>
/// Silhouette with Euclidean distances in O(n²·d) operations. Rows are ordered by label and centred block by block in double; tiles of
/// distances never leave the cache, and each tile serves both of its blocks. Memory: O(block) and the sums [n, K], or O(block·K) for the
/// many
/// labels where those would be large.
/// </summary>
internal static class EuclideanSilhouette
{
    /// <summary>Largest n·K whose sums are kept (128 MiB); beyond it every tile is computed twice.</summary>
    internal const long MaxKeptSums = 1L << 24;

    // Where |x|² + |y|² - 2 x·y cancels below this share of its terms, the distance is computed from the difference instead.
    private const double CancellationLimit = 1e-7;

    public static double[] Samples(EmbeddingMatrix embeddings, LabelSet labels, int degree, long maxKeptSums = MaxKeptSums)
    {
        Task task = new(embeddings, labels, labels.OrderByCode(), ColumnMoments.Means(embeddings, degree));
        return (long)embeddings.Rows * labels.Count <= maxKeptSums ? Symmetric(task, degree) : RowByRow(task, degree);
    }

    // Pairs of blocks are played as a round-robin tournament: within a round no block occurs twice, so threads never add to the same sums,
    // and a block meets the others in the same order whatever the degree.
    private static double[] Symmetric(Task task, int degree)
    {
        int labels = task.Labels.Count;
        double[] sums = new double[task.Rows * labels];
        int blocks = RowBlocks.CountOf(task.Rows);
        RowBlocks.For(
            blocks, degree, task.NewBuffers, (block, buffers) => task.AddTile(block, block, buffers, task.SumsOf(block, sums), []));
        int players = blocks + (blocks & 1);
        for (int round = 0; round < players - 1; round++)
        {
            int shift = round;
            RowBlocks.For(players / 2, degree, task.NewBuffers, (table, buffers) =>
            {
                int left = table == 0 ? players - 1 : (shift + table) % (players - 1);
                int right = (shift + players - 1 - table) % (players - 1);
                if (left < blocks && right < blocks)
                    task.AddTile(left, right, buffers, task.SumsOf(left, sums), task.SumsOf(right, sums));
            });
        }

        double[] silhouettes = new double[task.Rows];
        for (int i = 0; i < task.Rows; i++)
            silhouettes[task.Order[i]] = Silhouette.FromSums(sums.AsSpan(i * labels, labels), task.CodeAt(i), task.Labels.Counts);
        return silhouettes;
    }

    private static double[] RowByRow(Task task, int degree)
    {
        int labels = task.Labels.Count;
        int blocks = RowBlocks.CountOf(task.Rows);
        double[] silhouettes = new double[task.Rows];
        RowBlocks.For(blocks, degree, task.NewBuffers, (left, buffers) =>
        {
            double[] sums = new double[RowBlocks.Size * labels];
            for (int right = 0; right < blocks; right++)
                task.AddTile(left, right, buffers, sums, []);
            int start = left * RowBlocks.Size;
            for (int i = start; i < Math.Min(start + RowBlocks.Size, task.Rows); i++)
            {
                ReadOnlySpan<double> row = sums.AsSpan((i - start) * labels, labels);
                silhouettes[task.Order[i]] = Silhouette.FromSums(row, task.CodeAt(i), task.Labels.Counts);
            }
        });
        return silhouettes;
    }

    private sealed class Buffers(int width)
    {
        public PackedRows Left { get; } = new(RowBlocks.Size, width);

        public PackedRows Right { get; } = new(RowBlocks.Size, width);

        public int LeftBlock { get; set; } = -1;

        public double[] LeftNorms { get; } = new double[RowBlocks.Size];

        public double[] RightNorms { get; } = new double[RowBlocks.Size];

        public double[] Tile { get; } = new double[RowBlocks.Size * RowBlocks.Size];

        public double[] Columns { get; } = new double[RowBlocks.Size];
    }

    private sealed class Task(EmbeddingMatrix embeddings, LabelSet labels, int[] order, double[] means)
    {
        public LabelSet Labels => labels;

        public int[] Order => order;

        public int Rows => embeddings.Rows;

        public Buffers NewBuffers() => new(embeddings.Width);

        public int CodeAt(int position) => labels.Codes[order[position]];

        public Span<double> SumsOf(int block, double[] sums)
        {
            int start = block * RowBlocks.Size;
            return sums.AsSpan(start * labels.Count, Math.Min(RowBlocks.Size, Rows - start) * labels.Count);
        }

        // Adds the distances between two blocks to the sums [rows of the block, K] of the left one, and to those of the right one if given.
        public void AddTile(int left, int right, Buffers buffers, Span<double> leftSums, Span<double> rightSums)
        {
            if (buffers.LeftBlock != left)
            {
                Load(left, buffers.Left, buffers.LeftNorms);
                buffers.LeftBlock = left;
            }

            PackedRows y = buffers.Left;
            double[] norms = buffers.LeftNorms;
            if (left != right)
            {
                y = buffers.Right;
                norms = buffers.RightNorms;
                Load(right, y, norms);
            }

            PackedRows x = buffers.Left;
            int stride = y.PaddedCount;
            DotTile.Multiply(x, y, buffers.Tile);
            double largest = TensorPrimitives.Max<double>(norms.AsSpan(0, y.Count));
            for (int i = 0; i < x.Count; i++)
            {
                Span<double> row = buffers.Tile.AsSpan(i * stride, y.Count);
                TensorPrimitives.MultiplyAdd<double>(row, -2, norms.AsSpan(0, y.Count), row);
                TensorPrimitives.Add(row, buffers.LeftNorms[i], row);
                if (TensorPrimitives.Min<double>(row) < CancellationLimit * (buffers.LeftNorms[i] + largest))
                    Refine(row, x.Row(i), buffers.LeftNorms[i], y, norms);
                TensorPrimitives.Sqrt<double>(row, row);
                if (left == right)
                    row[i] = 0;
                AddRuns(row, right * RowBlocks.Size, leftSums.Slice(i * labels.Count, labels.Count));
            }

            if (!rightSums.IsEmpty)
                AddColumns(left * RowBlocks.Size, x.Count, y.Count, stride, buffers, rightSums);
        }

        private void Load(int block, PackedRows rows, double[] norms)
        {
            int start = block * RowBlocks.Size;
            rows.Load(embeddings, order, start, Math.Min(RowBlocks.Size, Rows - start), means);
            for (int i = 0; i < rows.Count; i++)
                norms[i] = TensorPrimitives.SumOfSquares<double>(rows.Row(i));
        }

        private static void Refine(Span<double> squares, ReadOnlySpan<double> x, double norm, PackedRows y, double[] norms)
        {
            for (int j = 0; j < squares.Length; j++)
            {
                if (squares[j] < CancellationLimit * (norm + norms[j]))
                {
                    double distance = TensorPrimitives.Distance<double>(x, y.Row(j));
                    squares[j] = distance * distance;
                }
            }
        }

        // Positions are ordered by label, so that a block is a few runs of equal labels.
        private int RunEnd(int position, int end)
        {
            int code = CodeAt(position);
            int next = position + 1;
            while (next < end && CodeAt(next) == code)
                next++;
            return next;
        }

        private void AddRuns(ReadOnlySpan<double> distances, int start, Span<double> sums)
        {
            int end = start + distances.Length;
            for (int from = start, to; from < end; from = to)
            {
                to = RunEnd(from, end);
                sums[CodeAt(from)] += TensorPrimitives.Sum(distances[(from - start)..(to - start)]);
            }
        }

        private void AddColumns(int start, int rows, int columns, int stride, Buffers buffers, Span<double> sums)
        {
            Span<double> totals = buffers.Columns.AsSpan(0, columns);
            for (int from = start, to; from < start + rows; from = to)
            {
                to = RunEnd(from, start + rows);
                totals.Clear();
                for (int i = from - start; i < to - start; i++)
                    TensorPrimitives.Add(totals, buffers.Tile.AsSpan(i * stride, columns), totals);
                int code = CodeAt(from);
                for (int j = 0; j < columns; j++)
                    sums[(j * labels.Count) + code] += totals[j];
            }
        }
    }
}
