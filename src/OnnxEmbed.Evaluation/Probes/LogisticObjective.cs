using System.Numerics.Tensors;
using OnnxEmbed.Evaluation.Clustering;
using OnnxEmbed.Evaluation.Kernels;

namespace OnnxEmbed.Evaluation.Probes;

/// <summary>
/// Penalised loss of logistic regression and its gradient, on centred (and optionally scaled) columns. Centring leaves the optimum as it
/// is,
/// the intercepts being free, and takes away the worst of its conditioning. Parameters: weights [outputs, d], then intercepts [outputs].
/// </summary>
internal sealed class LogisticObjective(
    EmbeddingMatrix train, LabelSet labels, double[] means, double[]? columnScales, double inverseRegularization, int degree)
{
    private readonly int _width = train.Width;

    /// <summary>Score vectors: 1 for two classes, K for more.</summary>
    public int Outputs { get; } = labels.Count == 2 ? 1 : labels.Count;

    public int Length => Outputs * (_width + 1);

    /// <summary>Turns the score z of the second class in <paramref name="scores"/>[0] into the probabilities [2].</summary>
    public static void Sigmoid(Span<double> scores)
    {
        double z = scores[0];
        scores[0] = 1 / (1 + Math.Exp(z));
        scores[1] = 1 / (1 + Math.Exp(-z));
    }

    /// <summary>Value and gradient at <paramref name="parameters"/>.</summary>
    public double Evaluate(double[] parameters, double[] gradient)
    {
        PackedRows weights = new(Outputs, _width);
        weights.Load(parameters, Outputs);
        int intercepts = Outputs * _width;
        Buffers NewBuffers() => new(_width, weights.PaddedCount);
        double[] sums = RowBlocks.Sum(train.Rows, Length + 1, degree, NewBuffers, (start, count, buffers, partial) =>
        {
            Load(buffers.Rows, start, count);
            DotTile.Multiply(buffers.Rows, weights, buffers.Scores);
            for (int i = 0; i < count; i++)
            {
                Span<double> scores = buffers.Scores.AsSpan(i * weights.PaddedCount, Outputs);
                TensorPrimitives.Add(scores, parameters.AsSpan(intercepts), scores);
                partial[^1] += Residuals(scores, labels.Codes[start + i]);
                TensorPrimitives.Add(partial.AsSpan(intercepts, Outputs), scores, partial.AsSpan(intercepts, Outputs));
                for (int output = 0; output < Outputs; output++)
                {
                    Span<double> row = partial.AsSpan(output * _width, _width);
                    TensorPrimitives.MultiplyAdd(buffers.Rows.Row(i), scores[output], row, row);
                }
            }
        });
        sums.AsSpan(0, Length).CopyTo(gradient);
        ReadOnlySpan<double> penalized = parameters.AsSpan(0, intercepts);
        TensorPrimitives.MultiplyAdd(penalized, 1 / inverseRegularization, gradient.AsSpan(0, intercepts), gradient.AsSpan(0, intercepts));
        return sums[^1] + (0.5 * TensorPrimitives.SumOfSquares(penalized) / inverseRegularization);
    }

    /// <summary>Inverse of the Hessian's diagonal at zero weights, where every class is as likely.</summary>
    public double[] Preconditioner(double[] variances)
    {
        double share = 1.0 / labels.Count;
        double curvature = share * (1 - share) * train.Rows;
        double[] diagonal = new double[Length];
        for (int i = 0; i < Length; i++)
        {
            int column = i % _width;
            double scale = columnScales?[column] ?? 1;
            diagonal[i] = i < Outputs * _width
                ? 1 / ((curvature * variances[column] * scale * scale) + (1 / inverseRegularization))
                : 1 / curvature;
        }

        return diagonal;
    }

    // Replaces scores by p - y and returns the loss, both without overflow for any score.
    private double Residuals(Span<double> scores, int code)
    {
        if (labels.Count == 2)
        {
            double z = scores[0];
            double margin = code == 1 ? z : -z;
            scores[0] = (1 / (1 + Math.Exp(-z))) - code;
            return margin > 0 ? Math.Log(1 + Math.Exp(-margin)) : Math.Log(1 + Math.Exp(margin)) - margin;
        }

        double largest = TensorPrimitives.Max<double>(scores);
        double target = scores[code];
        TensorPrimitives.Subtract(scores, largest, scores);
        TensorPrimitives.Exp<double>(scores, scores);
        double total = TensorPrimitives.Sum<double>(scores);
        TensorPrimitives.Divide(scores, total, scores);
        scores[code] -= 1;
        return Math.Log(total) + largest - target;
    }

    private void Load(PackedRows rows, int start, int count)
    {
        rows.Load(train, null, start, count, means);
        for (int i = 0; columnScales is not null && i < count; i++)
            TensorPrimitives.Multiply(rows.Row(i), columnScales, rows.Row(i));
    }

    private sealed class Buffers(int width, int paddedOutputs)
    {
        public PackedRows Rows { get; } = new(RowBlocks.Size, width);

        public double[] Scores { get; } = new double[RowBlocks.Size * paddedOutputs];
    }
}
