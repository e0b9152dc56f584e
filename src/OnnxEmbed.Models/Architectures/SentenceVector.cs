using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Architectures;

/// <summary>
/// From hidden states to one vector a text, by differentiable standard operators. Axes: B batch, S sequence, N = B·S, H hidden.
/// </summary>
public static class SentenceVector
{
    // sentence-transformers divides the sum of the hidden states by at least this.
    private const double LeastTokenCount = 1e-9;

    // Under the root of the norm: torch.nn.functional.normalize divides by at least 1e-12.
    private const double LeastSquaredNorm = 1e-24;

    /// <summary>Hidden states as [B, S, H].</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="hidden">[N, H].</param>
    /// <param name="attentionMask">[B, S].</param>
    public static Value Unflatten(GraphBuilder graph, Value hidden, Value attentionMask)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return graph.Reshape(hidden, graph.Concat(0, graph.Shape(attentionMask), graph.Int64s(hidden.Shape.At(-1).Value)));
    }

    /// <summary>Pools hidden states.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="hidden">[B, S, H].</param>
    /// <param name="attentionMask">int64 [B, S]: 1 on a token, 0 on padding.</param>
    /// <param name="mode">Mean: Σ mask·x / max(Σ mask, 1e-9). Last: the state at the greatest position whose mask is 1.</param>
    /// <returns>[B, H].</returns>
    public static Value Pool(GraphBuilder graph, Value hidden, Value attentionMask, PoolingMode mode)
    {
        ArgumentNullException.ThrowIfNull(graph);
        switch (mode)
        {
            case PoolingMode.Cls:
                return graph.Gather(hidden, graph.Int64(0), axis: 1);
            case PoolingMode.Mean:
                Value mask = graph.Cast(attentionMask, hidden.Type);
                return graph.Div(Weighted(graph, mask, hidden), graph.ClipMin(graph.ReduceSum(mask, keepDims: true, 1), LeastTokenCount));
            case PoolingMode.Last:
                Value count = graph.Gather(graph.Shape(attentionMask), graph.Int64(1));

                // Counted from 0 and moved, not from 1: so shape inference, and with it differentiation, knows that there are S of them.
                Value oneBased = graph.Add(graph.Node("Range", [graph.Int64(0), count, graph.Int64(1)]), graph.Int64(1));
                Value places = graph.Mul(attentionMask, oneBased);
                Value last = graph.Equal(places, graph.ReduceMax(places, keepDims: true, 1));
                return Weighted(graph, graph.Cast(graph.And(last, graph.Cast(attentionMask, ElementType.Bool)), hidden.Type), hidden);
            default:
                throw new ArgumentOutOfRangeException(nameof(mode), mode, "needs a known pooling mode");
        }
    }

    /// <summary>Rows scaled to length 1: x / √(Σ x² + 1e-24).</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="vectors">[B, H].</param>
    public static Value Normalize(GraphBuilder graph, Value vectors)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Value squares = graph.ReduceSum(graph.Mul(vectors, vectors), keepDims: true, 1);
        return graph.Div(vectors, graph.Sqrt(graph.Add(squares, LeastSquaredNorm)));
    }

    // [B, S] weights and [B, S, H] → [B, H], as a product of a row and a matrix for each text.
    private static Value Weighted(GraphBuilder graph, Value weights, Value hidden) =>
        graph.Squeeze(graph.MatMul(graph.Unsqueeze(weights, 1), hidden), 1);
}
