namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// Factors that differ from row to row: Σ factor[source][row] · source, by the elements as they are stored, so that it is written in one
/// piece
/// whichever way the rows lie.
/// </summary>
/// <param name="rows">The rows.</param>
/// <param name="modelCount">Number of models, the base not counted.</param>
internal sealed class RowFactors(RowLayout rows, int modelCount)
{
    private readonly double[] _base = new double[rows.Count];
    private readonly double[][] _models = [.. Enumerable.Range(0, modelCount).Select(_ => new double[rows.Count])];

    /// <summary>Sets the factors of a row: Σ factor · model.</summary>
    public void SetSum(long row, params ReadOnlySpan<double> factors)
    {
        for (int model = 0; model < factors.Length; model++)
        {
            _models[model][row] = factors[model];
        }
    }

    /// <summary>Sets the factors of a row: base + Σ factor · (model - base).</summary>
    public void SetTasks(long row, params ReadOnlySpan<double> factors)
    {
        SetSum(row, factors);
        double sum = 0;
        foreach (double factor in factors)
        {
            sum += factor;
        }

        _base[row] = 1 - sum;
    }

    /// <summary>The formula without a base.</summary>
    public void Sum(TensorBlock block, Span<double> result)
    {
        result.Fill(-0.0); // +0 would lose the sign of -0
        AddModels(block, result);
    }

    /// <summary>The formula with a base.</summary>
    public void SumWithBase(TensorBlock block, Span<double> result)
    {
        result.Fill(-0.0); // +0 would lose the sign of -0
        Add(block.Start, _base, block.Base, result);
        AddModels(block, result);
    }

    private void AddModels(TensorBlock block, Span<double> result)
    {
        for (int model = 0; model < _models.Length; model++)
        {
            Add(block.Start, _models[model], block.Model(model), result);
        }
    }

    private void Add(long start, double[] factors, ReadOnlySpan<double> values, Span<double> result)
    {
        for (int done = 0; done < values.Length;)
        {
            // The next stored elements up to the end of a row, or, where rows lie across, up to the end of a run with one element of each.
            long place = start + done;
            int run = rows.Strided ? (int)rows.Count : rows.Length;
            int within = (int)(place % run);
            int count = Math.Min(run - within, values.Length - done);
            ReadOnlySpan<double> source = values.Slice(done, count);
            Span<double> target = result.Slice(done, count);
            if (rows.Strided)
            {
                ReadOnlySpan<double> each = factors.AsSpan(within, count);
                for (int i = 0; i < count; i++)
                {
                    double product = source[i] * each[i];
                    target[i] += product;
                }
            }
            else
            {
                Tensors.Blends.Accumulate(factors[place / run], source, target);
            }

            done += count;
        }
    }
}
