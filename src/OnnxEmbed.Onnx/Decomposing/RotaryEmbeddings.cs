using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>
/// Rotary position embedding (Su et al. 2021, arXiv:2104.09864, §3.4.2). Sources: ONNX Operators.md 1.20 (RotaryEmbedding-23) and ONNX
/// Runtime 1.31 ContribOperators.md. Axes: B batch, S sequence, N heads, d head width, r rotated width, M positions of the tables.
/// </summary>
internal static class RotaryEmbeddings
{
    /// <summary>
    /// Input [B, S, N·d] or [B, N, S, d], position_ids int64 [B, S] or one offset [1], cos_cache and sin_cache [M, r/2]; output as the input.
    /// </summary>
    public static Value?[] Microsoft(FusedNode node)
    {
        node.Allows("interleaved", "num_heads", "rotary_embedding_dim", "scale", "is_packed_batching");
        node.Needs(node.Float("scale", 1) == 1, $"attribute scale of 1, got {node.Float("scale", 1)}");
        node.Needs(node.Int("is_packed_batching", 0) == 0, "attribute is_packed_batching of 0, got 1");
        GraphBuilder graph = node.Graph;
        Value x = node.Input(0), positions = node.Input(1);
        if (node.Rank(positions, 1, 2) == 1)
        {
            positions = graph.Add(AttentionParts.Positions(node, x, node.Rank(x, 3, 4) == 3 ? 1 : 2), positions);
        }

        return [Rotate(node, x, Rows(node, node.Input(2), positions), Rows(node, node.Input(3), positions))];
    }

    /// <summary>
    /// X [B, S, N·d] or [B, N, S, d], cos_cache and sin_cache [M, r/2] with position_ids int64 [B, S], or [B, S, r/2] without.
    /// </summary>
    public static Value?[] Standard(FusedNode node)
    {
        node.Allows("interleaved", "num_heads", "rotary_embedding_dim");
        Value cos = node.Input(1), sin = node.Input(2);
        return node.Optional(3) is { } positions
            ? [Rotate(node, node.Input(0), Rows(node, cos, positions), Rows(node, sin, positions))]
            : [Rotate(node, node.Input(0), node.Graph.Unsqueeze(cos, 1), node.Graph.Unsqueeze(sin, 1))];
    }

    /// <summary>Rows of a table for positions [S] or [B, S], as [S, r/2] or [B, 1, S, r/2]; nodes of one graph share them.</summary>
    public static Value Rows(FusedNode node, Value table, Value positions) => node.Shared($"rows {table.Name} {positions.Name}", () =>
    {
        Value rows = node.Graph.Gather(table, positions);
        return node.Rank(positions, 1, 2) == 1 ? rows : node.Graph.Unsqueeze(rows, 1);
    });

    /// <summary>
    /// (x₁ cos - x₂ sin, x₂ cos + x₁ sin) for the pairs of the first r numbers of each head: halves apart, or neighbours when interleaved.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="x">[B, N, S, d].</param>
    /// <param name="cos">Broadcasts to [B, N, S, r/2].</param>
    /// <param name="sin">As the cosines.</param>
    /// <param name="interleaved">Which numbers make a pair.</param>
    public static Value Heads(FusedNode node, Value x, Value cos, Value sin, bool interleaved)
    {
        GraphBuilder graph = node.Graph;
        long width = node.Extent(x, 3), half = node.Extent(cos, -1), rotated = 2 * half;
        node.Needs(rotated <= width, $"tables of at most half a head's width {width}, got {half}");
        Value part = rotated < width ? graph.Slice(x, 3, 0, rotated) : x;
        Value pairs = interleaved ? graph.Reshape(part, 0, 0, -1, half, 2) : part;
        Value first = interleaved ? graph.Squeeze(graph.Slice(pairs, 4, 0, 1), 4) : graph.Slice(part, 3, 0, half);
        Value second = interleaved ? graph.Squeeze(graph.Slice(pairs, 4, 1, 2), 4) : graph.Slice(part, 3, half, rotated);
        Value a = graph.Sub(graph.Mul(first, cos), graph.Mul(second, sin));
        Value b = graph.Add(graph.Mul(second, cos), graph.Mul(first, sin));
        Value turned = interleaved
            ? graph.Reshape(graph.Concat(4, graph.Unsqueeze(a, 4), graph.Unsqueeze(b, 4)), 0, 0, -1, rotated)
            : graph.Concat(3, a, b);
        return rotated < width ? graph.Concat(3, turned, graph.Slice(x, 3, rotated, width)) : turned;
    }

    private static Value Rotate(FusedNode node, Value x, Value cos, Value sin)
    {
        bool interleaved = node.Int("interleaved", 0) != 0;
        if (node.Rank(x, 3, 4) == 4)
        {
            return Heads(node, x, cos, sin, interleaved);
        }

        // Without a number of heads the tables span a whole head.
        long width = node.Extent(x, 2), heads = node.Int("num_heads", 0);
        heads = heads > 0 ? heads : width / (2 * node.Extent(cos, -1));
        node.Needs(heads > 0 && width % heads == 0, $"attribute num_heads to divide the width {width}, got {heads}");
        Value rotated = Heads(node, AttentionParts.SplitHeads(node, x, heads), cos, sin, interleaved);
        return AttentionParts.MergeHeads(node, rotated);
    }
}
