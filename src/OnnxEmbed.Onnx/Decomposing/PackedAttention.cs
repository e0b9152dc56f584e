using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>com.microsoft.Attention of ONNX Runtime 1.31 (ContribOperators.md): projections of one input and attention, as in BERT and GPT-2.</summary>
internal static class PackedAttention
{
    /// <summary>
    /// Inputs: states [B, S, Hᵢ], weights of query, key and value side by side [Hᵢ, H + H + Hᵥ], their bias, a mask
    /// (<see cref="AttentionParts.Mask"/>), no past, numbers added to the scores. Outputs: [B, S, Hᵥ] and keys and values [2, B, N, S, d].
    /// The packed weights stay one tensor: one product, split afterwards.
    /// </summary>
    public static Value?[] Attention(FusedNode node)
    {
        node.Allows(
            "num_heads", "unidirectional", "qkv_hidden_sizes", "mask_filter_value", "scale", "do_rotary", "rotary_embedding_dim", "past_present_share_buffer");
        node.Needs(node.Int("do_rotary", 0) == 0, "attribute do_rotary of 0, got 1");
        node.Needs(node.Int("past_present_share_buffer", 0) == 0, "attribute past_present_share_buffer of 0, got 1");
        node.Without(4, "past", emptyAxis: 3);
        node.Without(6, "past_sequence_length");
        GraphBuilder graph = node.Graph;
        long heads = node.Positive("num_heads");
        Value packed = graph.MatMul(node.Input(0), node.Input(1));
        packed = node.Optional(2) is { } bias ? graph.Add(packed, bias) : packed;
        Value[] parts = graph.Split(packed, 2, Widths(node, node.Extent(packed, 2)));
        Value query = AttentionParts.SplitHeads(node, parts[0], heads);
        Value key = AttentionParts.SplitHeads(node, parts[1], heads);
        Value value = AttentionParts.SplitHeads(node, parts[2], heads);
        Value? mask = AttentionParts.Mask(node, node.Optional(3), key, query.Type, node.Float("mask_filter_value", -10000));
        mask = node.Int("unidirectional", 0) != 0 ? AttentionParts.Causal(node, mask, query) : mask;
        mask = AttentionParts.Plus(node, mask, node.Optional(5));
        Value context = AttentionParts.Attend(node, query, key, value, mask, node.Float("scale", 0));
        Value? present = node.Wants(1) ? graph.Concat(0, graph.Unsqueeze(key, 0), graph.Unsqueeze(value, 0)) : null;
        return [AttentionParts.MergeHeads(node, context), present];
    }

    private static long[] Widths(FusedNode node, long total)
    {
        long[] widths = node.Longs("qkv_hidden_sizes") ?? [total / 3, total / 3, total / 3];
        node.Needs(
            widths.Length == 3 && widths.All(width => width > 0) && widths[0] == widths[1] && widths.Sum() == total,
            $"attribute qkv_hidden_sizes of three widths with the sum {total}, the first two alike, got [{string.Join(", ", widths)}]");
        return widths;
    }
}
