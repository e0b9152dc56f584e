using System.Numerics.Tensors;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <summary>
/// A tensor with adapters folded in, never rounded between: W + Σ wᵢ·(foldᵢ(W) - W), made in double, row by row, when a block is read.
/// fold(W) is W + s·B·A (E. Hu et al., arXiv:2106.09685, §4.1), or m·(W + s·B·A)/‖W + s·B·A‖ with the norm of each output (S. Liu et al.,
/// DoRA, arXiv:2402.09353, eq. 5), or a whole tensor; so each adapter adds factors, and those that replace take a share of W away. With
/// W [rows, columns] = [out, in] the row factors are s·B [out, r] and the column factors A [r, in]; a weight stored [in, out] has s·Aᵀ
/// and Bᵀ.
/// </summary>
internal sealed class FoldedWeights : WeightSource
{
    private readonly int _columns;
    private readonly List<(double[] Rows, double[] Columns, int Rank)> _factors = [];
    private readonly List<DenseChange> _dense = [];

    /// <summary>What stays of W for each output; null where all of it does.</summary>
    private double[]? _shares;
    private bool _outputsAreColumns;
    private double _share = 1;

    public FoldedWeights(TensorData stored)
        : base(stored) => _columns = stored.Shape.Count == 2 ? (int)stored.Shape[1] : checked((int)stored.ElementCount);

    public override bool NeedsDouble => true;

    public override bool IsChanged => true;

    /// <summary>Whether some adapter gave the whole tensor.</summary>
    public bool IsReplaced { get; private set; }

    /// <summary>Adds a low-rank change.</summary>
    /// <param name="module">A and B, scale and magnitudes.</param>
    /// <param name="weight">wᵢ.</param>
    /// <param name="transposed">Whether W lies as [in, out].</param>
    /// <exception cref="DataException">An output of a layer with magnitudes is zero.</exception>
    public void Add(LoraModule module, double weight, bool transposed)
    {
        int rank = module.Rank;
        double[] b = module.B.ToDoubles();
        Multiply(b, module.Scale);
        double[] a = module.A.ToDoubles();
        if (module.Magnitude is { } magnitude)
        {
            double[] factors = OutputNorms(b, a, rank, transposed);
            double[] lengths = magnitude.ToDoubles();
            _shares ??= [.. Enumerable.Repeat(1.0, factors.Length)];
            _outputsAreColumns = transposed;
            for (int output = 0; output < factors.Length; output++)
            {
                factors[output] = factors[output] > 0
                    ? lengths[output] / factors[output]
                    : throw new DataException($"{module.Parameter}: needs a direction for each output of a weight-decomposed layer, output {output} is zero");
                _shares[output] += weight * (factors[output] - 1);
                Multiply(b.AsSpan(output * rank, rank), weight * factors[output]);
            }
        }
        else
        {
            Multiply(b, weight);
        }

        _factors.Add(transposed ? (Transpose(a, rank), Transpose(b, b.Length / rank), rank) : (b, a, rank));
    }

    /// <summary>Adds a change of every element: weight · change.</summary>
    public void Add(TensorData change, double weight) => _dense.Add(new DenseChange(change, weight, false));

    /// <summary>Puts another tensor in the place of W: (1 - wᵢ)·W + wᵢ·W'.</summary>
    public void Replace(TensorData replacement, double weight, bool transposed)
    {
        IsReplaced = true;
        _share -= weight;
        _dense.Add(new DenseChange(replacement, weight, transposed));
    }

    public override void Doubles(long start, Span<double> target)
    {
        // The change is summed first and added to the weight last, so that its small numbers do not meet the large one by one.
        // -0 is what x + -0 = x holds for, also where x is -0.
        target.Fill(-0.0);
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

        foreach (DenseChange change in _dense)
        {
            change.AddTo(start, _columns, target);
        }

        AddStored(start, target);
    }

    private void AddStored(long start, Span<double> target)
    {
        if (_share == 0 && _shares is null)
        {
            return; // replaced: NaN in the base shall not reach the result
        }

        const int Chunk = 2048;
        Span<double> weights = stackalloc double[Chunk];
        for (int done = 0; done < target.Length; done += Chunk)
        {
            Span<double> part = target.Slice(done, Math.Min(Chunk, target.Length - done));
            Span<double> values = weights[..part.Length];
            StoredDoubles(start + done, values);
            for (int i = 0; _shares is not null && i < values.Length; i++)
            {
                long at = start + done + i;
                values[i] *= _shares[_outputsAreColumns ? at % _columns : at / _columns];
            }

            Blends.Accumulate(_share, values, part);
        }
    }

    /// <summary>‖W + s·B·A‖ of each output, summed in the order in which W lies.</summary>
    private double[] OutputNorms(double[] b, double[] a, int rank, bool transposed)
    {
        FoldedWeights folded = new(Stored);
        folded._factors.Add(transposed ? (Transpose(a, rank), Transpose(b, b.Length / rank), rank) : (b, a, rank));
        double[] norms = new double[b.Length / rank];
        double[] row = new double[_columns];
        for (int i = 0; i < Stored.ElementCount / _columns; i++)
        {
            folded.Doubles((long)i * _columns, row);
            for (int j = 0; j < row.Length; j++)
            {
                norms[transposed ? j : i] += row[j] * row[j];
            }
        }

        for (int output = 0; output < norms.Length; output++)
        {
            norms[output] = Math.Sqrt(norms[output]);
        }

        return norms;
    }

    private static void Multiply(Span<double> values, double factor)
    {
        if (factor != 1)
        {
            TensorPrimitives.Multiply(values, factor, values);
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
