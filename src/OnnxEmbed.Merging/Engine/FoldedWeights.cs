using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <summary>
/// W + Σ s·B·A (E. Hu et al., arXiv:2106.09685, §4.1), never rounded between: the product is made in double, row by row, when a block is
/// read. With W [rows, columns] = [out, in] the row factors are s·B [out, r] and the column factors A [r, in]; a weight stored [in, out]
/// has s·Aᵀ and Bᵀ.
/// </summary>
internal sealed class FoldedWeights : WeightSource
{
    private readonly int _columns;
    private readonly List<(double[] Rows, double[] Columns, int Rank)> _factors = [];

    public FoldedWeights(TensorData stored)
        : base(stored) => _columns = (int)stored.Shape[1];

    public override bool NeedsDouble => true;

    public override bool IsChanged => true;

    /// <summary>Adds an adapter.</summary>
    /// <param name="a">A [r, in].</param>
    /// <param name="b">B [out, r].</param>
    /// <param name="scale">s.</param>
    /// <param name="transposed">Whether W lies as [in, out].</param>
    public void Add(TensorData a, TensorData b, double scale, bool transposed)
    {
        int rank = (int)a.Shape[0];
        double[] aValues = a.ToDoubles();
        double[] bValues = b.ToDoubles();
        double[] rows = transposed ? Transpose(aValues, rank) : bValues;
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] *= scale;
        }

        _factors.Add((rows, transposed ? Transpose(bValues, bValues.Length / rank) : aValues, rank));
    }

    public override void Doubles(long start, Span<double> target)
    {
        // The change is summed first and added to the weight last, so that its small numbers do not meet the large one by one.
        target.Clear();
        for (int done = 0; done < target.Length;)
        {
            long row = (start + done) / _columns;
            int column = (int)((start + done) % _columns);
            int count = Math.Min(_columns - column, target.Length - done);
            Span<double> part = target.Slice(done, count);
            foreach ((double[] rows, double[] columns, int rank) in _factors)
            {
                for (int k = 0; k < rank; k++)
                {
                    Blends.Accumulate(rows[(row * rank) + k], columns.AsSpan((k * _columns) + column, count), part);
                }
            }

            done += count;
        }

        const int Chunk = 2048;
        Span<double> weights = stackalloc double[Chunk];
        for (int done = 0; done < target.Length; done += Chunk)
        {
            Span<double> part = target.Slice(done, Math.Min(Chunk, target.Length - done));
            StoredDoubles(start + done, weights[..part.Length]);
            Blends.Accumulate(1, weights[..part.Length], part);
        }
    }

    /// <summary>[rows, columns] to [columns, rows].</summary>
    private static double[] Transpose(double[] values, int rows)
    {
        int columns = values.Length / rows;
        double[] result = new double[values.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                result[(column * rows) + row] = values[(row * columns) + column];
            }
        }

        return result;
    }
}
