using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Training.Objectives;

/// <summary>
/// Supervised contrastive loss (Khosla et al., arXiv:2004.11362, eq. 2, L_out^sup):
/// L = mean_i -1/|P(i)| Σ_{p∈P(i)} ln [ exp(z_i·z_p/τ) / Σ_{a≠i} exp(z_i·z_a/τ) ], where P(i) are the other rows with the label of i.
/// Deviation: the paper sums over i; the mean over the rows that have a positive keeps the learning rate independent of the batch size.
/// </summary>
internal static class SupervisedContrastiveLoss
{
    /// <summary>Far below any similarity, finite so that 0 · it stays 0.</summary>
    private const double Excluded = -1e9;

    /// <summary>Embeddings f32 [N, H] and classes int64 [N] to a scalar.</summary>
    public static Value Build(GraphBuilder g, LossInputs inputs)
    {
        Value unit = Similarities.Normalize(g, inputs.Rows);
        Value numbers = Similarities.RowNumbers(g, inputs.Rows);
        Value self = g.Equal(g.Unsqueeze(numbers, 1), g.Unsqueeze(numbers, 0));
        Value alike = g.Equal(g.Unsqueeze(inputs.Labels!, 1), g.Unsqueeze(inputs.Labels!, 0));
        Value positive = g.Cast(g.And(alike, g.Not(self)), ElementType.Float32);

        Value similarity = g.Where(self, g.Scalar(Excluded), Similarities.Scaled(g, unit, unit, inputs.Temperature));
        Value positives = g.ReduceSum(positive, keepDims: false, 1);
        Value perRow = g.Div(g.ReduceSum(g.Mul(positive, g.LogSoftmax(similarity)), keepDims: false, 1), g.ClipMin(positives, 1));
        Value rows = g.ReduceSum(g.Cast(g.Greater(positives, g.Scalar(0)), ElementType.Float32), keepDims: false, 0);
        return g.Neg(g.Div(g.ReduceSum(perRow, keepDims: false, 0), g.ClipMin(rows, 1)));
    }
}
