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

    // What sentence-transformers puts in the place of padding before it takes the maximum.
    private const double BelowAnyState = -1e9;

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

    /// <summary>Pools hidden states. Padding may be at the right or at the left: the vector is that of the text alone.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="hidden">[B, S, H].</param>
    /// <param name="attentionMask">int64 [B, S]: 1 on a token, 0 on padding.</param>
    /// <param name="mode">
    /// With m the mask, x the states and p = 1, 2, 3 … the place of a token within its text: mean Σ m·x / Σ m; weighted mean
    /// Σ m·p·x / Σ m·p; mean-sqrt-len Σ m·x / √(Σ m); max over the states whose m is 1; cls and last the first and the last such state.
    /// Divisors are at least 1e-9. A text without tokens has the vector 0, or -1e9 by max.
    /// </param>
    /// <returns>[B, H].</returns>
    public static Value Pool(GraphBuilder graph, Value hidden, Value attentionMask, PoolingMode mode)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(hidden);
        Value Mask() => graph.Cast(attentionMask, hidden.Type);
        Value Total(Value weights) => graph.ClipMin(graph.ReduceSum(weights, keepDims: true, 1), LeastTokenCount);
        switch (mode)
        {
            case PoolingMode.Mean:
                Value mask = Mask();
                return graph.Div(Weighted(graph, mask, hidden), Total(mask));
            case PoolingMode.MeanSqrtLen:
                Value tokens = Mask();
                return graph.Div(Weighted(graph, tokens, hidden), graph.Sqrt(Total(tokens)));
            case PoolingMode.WeightedMean:
                Value places = graph.Mul(graph.Node("CumSum", [attentionMask, graph.Int64(1)]), attentionMask);
                Value weights = graph.Cast(places, hidden.Type);
                return graph.Div(Weighted(graph, weights, hidden), Total(weights));
            case PoolingMode.Max:
                Value real = graph.Unsqueeze(graph.Cast(attentionMask, ElementType.Bool), 2);
                return graph.ReduceMax(graph.Where(real, hidden, graph.Scalar(BelowAnyState, hidden.Type)), keepDims: false, 1);
            case PoolingMode.Cls:
                return AtGreatest(graph, hidden, attentionMask, position => graph.Sub(graph.Gather(graph.Shape(attentionMask), graph.Int64(1)), position));
            case PoolingMode.Last:
                return AtGreatest(graph, hidden, attentionMask, position => graph.Add(position, graph.Int64(1)));
            default:
                throw new ArgumentOutOfRangeException(nameof(mode), mode, "needs a known pooling mode");
        }
    }

    /// <summary>Vectors through the Dense modules, one after another: activation(W x + b).</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="vectors">[B, in].</param>
    /// <param name="layers">The modules; their activations are known.</param>
    /// <param name="parameters">Source of their weights.</param>
    /// <returns>[B, out].</returns>
    public static Value Transform(GraphBuilder graph, Value vectors, IReadOnlyList<DenseLayer> layers, ParameterSource parameters)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentNullException.ThrowIfNull(parameters);
        foreach (DenseLayer layer in layers)
        {
            Value[] weights = [.. layer.Parameters.Select(parameter => parameters(parameter.InGraph, parameter.Shape))];
            vectors = graph.Gemm(vectors, weights[0], weights.ElementAtOrDefault(1), transB: true);
            vectors = layer.Activation is { Length: > 0 } name ? ActivationFunctions.Build(graph, name, vectors) : vectors;
        }

        return vectors;
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

    // The state at the token whose rank, a positive number made of its position, is greatest.
    private static Value AtGreatest(GraphBuilder graph, Value hidden, Value attentionMask, Func<Value, Value> rank)
    {
        // Counted from 0 and moved, not from 1: so shape inference, and with it differentiation, knows that there are S of them.
        Value length = graph.Gather(graph.Shape(attentionMask), graph.Int64(1));
        Value places = graph.Mul(attentionMask, rank(graph.Node("Range", [graph.Int64(0), length, graph.Int64(1)])));
        Value chosen = graph.Equal(places, graph.ReduceMax(places, keepDims: true, 1));
        return Weighted(graph, graph.Cast(graph.And(chosen, graph.Cast(attentionMask, ElementType.Bool)), hidden.Type), hidden);
    }

    // [B, S] weights and [B, S, H] → [B, H], as a product of a row and a matrix for each text.
    private static Value Weighted(GraphBuilder graph, Value weights, Value hidden) =>
        graph.Squeeze(graph.MatMul(graph.Unsqueeze(weights, 1), hidden), 1);
}
