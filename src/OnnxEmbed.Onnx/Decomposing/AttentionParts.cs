using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>
/// What the attention operators have in common. Axes: B batch, S queries, T keys, N heads, G key/value heads (a divisor of N), d head width.
/// </summary>
internal static class AttentionParts
{
    /// <summary>[B, S, N·d] → [B, N, S, d].</summary>
    public static Value SplitHeads(FusedNode node, Value x, long heads)
    {
        node.Rank(x, 3);
        long width = node.Extent(x, 2);
        node.Needs(heads > 0 && width % heads == 0, $"a width that {heads} heads divide, got {x}");
        return node.Graph.Transpose(node.Graph.Reshape(x, 0, 0, heads, width / heads), 0, 2, 1, 3);
    }

    /// <summary>[B, N, S, d] → [B, S, N·d].</summary>
    public static Value MergeHeads(FusedNode node, Value x)
    {
        long width = node.Extent(x, 1) * node.Extent(x, 3);
        return node.Graph.Reshape(node.Graph.Transpose(x, 0, 2, 1, 3), 0, 0, width);
    }

    /// <summary>0 … n-1 for the extent n of an axis, int64 [n].</summary>
    public static Value Positions(FusedNode node, Value of, int axis)
    {
        string extent = of.HasShape && of.Shape[axis].ToString() is { } dim && !dim.Contains('?', StringComparison.Ordinal) ? dim : $"{of.Name} {axis}";
        return node.Shared($"positions {extent}", () =>
        {
            GraphBuilder graph = node.Graph;
            return graph.Node("Range", [graph.Int64(0), graph.Squeeze(graph.Extent(of, axis), 0), graph.Int64(1)]);
        });
    }

    /// <summary>softmax(cap(Q Kᵀ · scale) + mask) V, cap(s) = softcap · tanh(s / softcap).</summary>
    /// <param name="node">The node.</param>
    /// <param name="query">[B, N, S, d].</param>
    /// <param name="key">[B, G, T, d].</param>
    /// <param name="value">[B, G, T, dᵥ].</param>
    /// <param name="mask">Added to the scores, broadcasts to [B, N, S, T]; null for none.</param>
    /// <param name="scale">Factor of the scores; 0 for 1/√d.</param>
    /// <param name="softcap">0 for none.</param>
    /// <returns>[B, N, S, dᵥ].</returns>
    public static Value Attend(FusedNode node, Value query, Value key, Value value, Value? mask, double scale, double softcap = 0)
    {
        GraphBuilder graph = node.Graph;
        long heads = node.Extent(query, 1), groups = node.Extent(key, 1), width = node.Extent(query, 3), valueWidth = node.Extent(value, 3);
        node.Needs(groups > 0 && heads % groups == 0, $"key/value heads that divide the {heads} heads, got {groups}");
        bool grouped = heads != groups;

        // The queries of a group lie below one another, so that keys and values are never repeated.
        Value scaled = graph.Mul(query, scale == 0 ? 1 / Math.Sqrt(width) : scale);
        Value scores = graph.MatMul(grouped ? graph.Reshape(scaled, 0, groups, -1, width) : scaled, graph.TransposeLast(key));
        scores = softcap == 0 ? scores : graph.Mul(graph.Tanh(graph.Div(scores, graph.Scalar(softcap, scores.Type))), softcap);
        scores = grouped ? graph.Reshape(scores, 0, heads, -1, 0) : scores;
        Value weights = graph.Softmax(mask is null ? scores : graph.Add(scores, mask));
        Value context = graph.MatMul(grouped ? graph.Reshape(weights, 0, groups, -1, 0) : weights, value);
        return grouped ? graph.Reshape(context, 0, heads, -1, valueWidth) : context;
    }

    /// <summary>
    /// A mask of ONNX Runtime's attention operators as numbers that are added to scores [B, N, S, T]: 0 on a key that counts, the filter value
    /// on another. Forms: int32 [B, T] or [B, S, T] with 1 on what counts; [B] number of keys; [2·B] ends and then starts of the keys.
    /// </summary>
    public static Value? Mask(FusedNode node, Value? mask, Value keys, ElementType type, double filter)
    {
        if (mask is null)
        {
            return null;
        }

        GraphBuilder graph = node.Graph;
        int rank = node.Rank(mask, 1, 2, 3);
        if (rank == 2 && mask.Shape[1].IsOne)
        {
            return null; // stands for no mask; with one key there is nothing to hide either
        }

        return node.Shared($"mask {mask.Name} {type} {filter}", () =>
        {
            Value wide = graph.Cast(mask, ElementType.Int64);
            Value counts = rank switch
            {
                1 => Between(node, wide, keys),
                2 => graph.Unsqueeze(graph.Greater(wide, graph.Int64(0)), 1, 2),
                _ => graph.Unsqueeze(graph.Greater(wide, graph.Int64(0)), 1),
            };
            return graph.Where(counts, graph.Scalar(0, type), graph.Scalar(filter, type));
        });
    }

    /// <summary>Adds the rule that a query reads no later key, and with a window none that lies further back than it, to a mask.</summary>
    /// <param name="node">The node.</param>
    /// <param name="mask">Broadcasts to [B, N, S, T]; null for none.</param>
    /// <param name="query">[B, N, S, d].</param>
    /// <param name="window">Keys that a query reads, its own included; 0 for all.</param>
    public static Value Causal(FusedNode node, Value? mask, Value query, long window = 0)
    {
        GraphBuilder graph = node.Graph;
        Value positions = Positions(node, query, 2);
        Value allowed = node.Shared($"causal {positions.Name} {window}", () =>
        {
            Value rows = graph.Unsqueeze(positions, 1), columns = graph.Unsqueeze(positions, 0);
            Value past = graph.GreaterOrEqual(rows, columns);
            return window == 0 ? past : graph.And(past, graph.Greater(graph.Add(columns, graph.Int64(window)), rows));
        });
        return node.Shared($"causal {positions.Name} {window} {mask?.Name} {query.Type}", () =>
            graph.Where(allowed, mask ?? graph.Scalar(0, query.Type), graph.Scalar(Lowest(query.Type), query.Type)));
    }

    /// <summary>The sum of masks that may be absent.</summary>
    public static Value? Plus(FusedNode node, Value? a, Value? b) => a is null ? b : b is null ? a : node.Graph.Add(a, b);

    /// <summary>The lowest number of a type, which hides a score even where all others are hidden by a milder one.</summary>
    public static double Lowest(ElementType type) => type == ElementType.Float16 ? (double)Half.MinValue : float.MinValue;

    // [B] ends, or [2·B] ends and then starts, as bool [B, 1, 1, T]. A row of zeros below serves as the starts where there are none.
    private static Value Between(FusedNode node, Value bounds, Value keys)
    {
        GraphBuilder graph = node.Graph;
        Value batch = graph.Extent(keys, 0);
        Value rows = graph.Reshape(bounds, graph.Concat(0, graph.Int64s(-1), batch));
        Value zeros = graph.Expand(graph.Int64s(0), graph.Concat(0, graph.Int64s(1), batch));
        Value both = graph.Concat(0, rows, zeros);
        Value ends = graph.Unsqueeze(graph.Gather(both, graph.Int64(0)), 1), starts = graph.Unsqueeze(graph.Gather(both, graph.Int64(1)), 1);
        Value positions = Positions(node, keys, 2);
        return graph.Unsqueeze(graph.And(graph.Greater(ends, positions), graph.GreaterOrEqual(positions, starts)), 1, 2);
    }
}
