namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// Takes over from the model the elements whose importance stands out: importance = |w - base|·KL(p‖q), p and q the softmax of the
/// element's
/// row in model and base, each plus 1e-8; base + (w - base) where it reaches median + 1.5·(upper - lower quartile), the base elsewhere.
/// Formula:
/// mergekit's documentation of arcee_fusion. The quartiles are the values of rank ⌊p·(n-1)⌋ of all importances, exactly; mergekit draws a
/// sample
/// of large tensors.
/// </summary>
internal sealed class ArceeFusionRule : IMergeRule
{
    private const double Epsilon = 1e-8;

    public void Validate(MergeArguments arguments, List<string> faults)
    {
    }

    public TensorBlend Decide(MergeTensor tensor, MergeArguments arguments)
    {
        if (tensor.AllEqual)
        {
            return tensor.CopyBase("copied: equal in both models");
        }

        RowLayout rows = tensor.Rows;
        double[] divergences = Divergences(tensor, rows);
        long last = tensor.ElementCount - 1;
        double[] quartiles = OrderStatistics.Find(
            tensor,
            (block, add) =>
            {
                Span<double> importance = block.Task(0);
                Weigh(block, rows, divergences, importance);
                add(importance);
            },
            last / 4, last / 2, checked(last * 3) / 4);
        double threshold = quartiles[1] + (1.5 * (quartiles[2] - quartiles[0]));
        return tensor.Compute(
            (block, result) =>
            {
                block.Task(0).CopyTo(result);
                Weigh(block, rows, divergences, result);
                ReadOnlySpan<double> from = block.Base;
                ReadOnlySpan<double> to = block.Model(0);
                for (int i = 0; i < result.Length; i++)
                {
                    result[i] = result[i] >= threshold ? to[i] : from[i];
                }
            },
            "fusion") with
        { Figures = new Dictionary<string, double> { ["threshold"] = threshold } };
    }

    public TensorBlend? Average(MergeTensor tensor, MergeArguments arguments) => null;

    /// <summary>KL divergence of each row.</summary>
    private static double[] Divergences(MergeTensor tensor, RowLayout rows)
    {
        double[] divergences = new double[rows.Count];
        tensor.Tally(
            () => new double[][] { [], [] },
            (block, scratch) =>
            {
                for (int row = 0; row < block.RowCount; row++)
                {
                    ReadOnlySpan<double> p = Softmax(block.Model(0).Slice(row * block.RowLength, block.RowLength), ref scratch[0]);
                    ReadOnlySpan<double> q = Softmax(block.Base.Slice(row * block.RowLength, block.RowLength), ref scratch[1]);
                    double sum = 0;
                    for (int i = 0; i < p.Length; i++)
                    {
                        sum += p[i] * Math.Log(p[i] / q[i]);
                    }

                    // Rounding can leave a divergence of 0 a little below it.
                    divergences[block.FirstRow + row] = Math.Max(sum, 0);
                }
            },
            (_, _) => { },
            rows);
        return divergences;
    }

    private static ReadOnlySpan<double> Softmax(ReadOnlySpan<double> values, ref double[] buffer)
    {
        buffer = buffer.Length == values.Length ? buffer : new double[values.Length];
        double largest = double.NegativeInfinity;
        foreach (double value in values)
        {
            largest = Math.Max(largest, value);
        }

        double sum = 0;
        for (int i = 0; i < values.Length; i++)
        {
            buffer[i] = Math.Exp(values[i] - largest);
            sum += buffer[i];
        }

        for (int i = 0; i < values.Length; i++)
        {
            buffer[i] = (buffer[i] / sum) + Epsilon;
        }

        return buffer;
    }

    /// <summary>Differences to importances: their magnitudes times the divergence of their row.</summary>
    private static void Weigh(TensorBlock block, RowLayout rows, double[] divergences, Span<double> differences)
    {
        for (int i = 0; i < differences.Length; i++)
        {
            differences[i] = Math.Abs(differences[i]) * divergences[rows.RowOf(block.Start + i)];
        }
    }
}
