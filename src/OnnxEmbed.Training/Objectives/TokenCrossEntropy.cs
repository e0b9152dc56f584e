using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Training.Objectives;

/// <summary>
/// Cross entropy over a vocabulary: L = -1/M Σ_n ln softmax(z_n)[y_n] over the M positions whose target is not -100. With targets shifted
/// by one it is the causal objective, with the hidden tokens as targets the masked one. The logarithm of the softmax is taken as one
/// operator, which subtracts the greatest logit first, so that no logit overflows.
/// </summary>
internal static class TokenCrossEntropy
{
    /// <summary>Target of a position that does not count, as PyTorch's <c>ignore_index</c>.</summary>
    public const long Ignored = -100;

    /// <summary>Logits f32 [N, V] and targets int64 [N] to a scalar.</summary>
    public static Value Build(GraphBuilder g, LossInputs inputs)
    {
        Value targets = inputs.Labels!;
        Value counts = g.GreaterOrEqual(targets, g.Int64(0));
        Value index = g.Unsqueeze(g.Where(counts, targets, g.Int64(0)), -1);
        Value picked = g.Squeeze(g.GatherElements(g.LogSoftmax(inputs.Rows), index, axis: 1), -1);
        Value weights = g.Cast(counts, ElementType.Float32);
        Value total = g.ReduceSum(g.Mul(picked, weights), keepDims: false, 0);
        return g.Neg(g.Div(total, g.ClipMin(g.ReduceSum(weights, keepDims: false, 0), 1)));
    }
}
