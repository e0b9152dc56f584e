using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>com.microsoft.MultiHeadAttention of ONNX Runtime 1.31 (ContribOperators.md).</summary>
internal static class MultiHeadAttentions
{
    /// <summary>
    /// Inputs: query [B, S, N·d], or all three packed [B, S, N, 3, d]; key [B, T, N·d], packed with value [B, T, N, 2, d], or ready
    /// [B, N, T, d]; value likewise; bias of the three side by side; a mask of the keys (<see cref="AttentionParts.Mask"/>); numbers added to
    /// the scores; no past. Outputs: [B, S, N·dᵥ] and keys and values [B, N, T, d].
    /// </summary>
    public static Value?[] MultiHeadAttention(FusedNode node)
    {
        node.Allows("num_heads", "mask_filter_value", "scale", "unidirectional");
        node.Without(6, "past_key", emptyAxis: 2);
        node.Without(7, "past_value", emptyAxis: 2);
        node.Without(8, "past_sequence_length");
        node.Without(9, "cache_indirection");
        long heads = node.Positive("num_heads");
        (Value query, Value key, Value value) = Operands(node, heads);
        Value? mask = AttentionParts.Mask(node, node.Optional(4), key, query.Type, node.Float("mask_filter_value", -10000));
        mask = node.Int("unidirectional", 0) != 0 ? AttentionParts.Causal(node, mask, query) : mask;
        mask = AttentionParts.Plus(node, mask, node.Optional(5));
        Value context = AttentionParts.Attend(node, query, key, value, mask, node.Float("scale", 0));
        return [AttentionParts.MergeHeads(node, context), key, value];
    }

    // Query, key and value as [B, N, S or T, d], with their bias.
    private static (Value Query, Value Key, Value Value) Operands(FusedNode node, long heads)
    {
        Value q = node.Input(0);
        Value? k = node.Optional(1), v = node.Optional(2);
        Value query = node.Rank(q, 3, 5) == 5 ? Unpack(node, q, 0) : AttentionParts.SplitHeads(node, q, heads);
        Value key = k is null ? Unpack(node, q, 1)
            : node.Rank(k, 3, 4, 5) switch { 3 => AttentionParts.SplitHeads(node, k, heads), 4 => k, _ => Unpack(node, k, 0) };
        Value value = v is null ? (k is null ? Unpack(node, q, 2) : Unpack(node, k, 1))
            : node.Rank(v, 3, 4) == 3 ? AttentionParts.SplitHeads(node, v, heads) : v;
        if (node.Optional(3) is not { } bias)
        {
            return (query, key, value);
        }

        long width = node.Extent(query, 3), valueWidth = node.Extent(value, 3);
        Value[] parts = node.Graph.Split(bias, 0, heads * width, heads * width, heads * valueWidth);
        Value Shifted(Value x, Value part, long d) => node.Graph.Add(x, node.Graph.Reshape(part, 1, heads, 1, d));
        return (Shifted(query, parts[0], width), Shifted(key, parts[1], width), Shifted(value, parts[2], valueWidth));
    }

    // [B, S, N, parts, d] → [B, N, S, d].
    private static Value Unpack(FusedNode node, Value packed, long part)
    {
        node.Rank(packed, 5);
        return node.Graph.Transpose(node.Graph.Gather(packed, node.Graph.Int64(part), axis: 3), 0, 2, 1, 3);
    }
}
