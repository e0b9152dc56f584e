using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>ONNX's own Attention (Operators.md 1.20, Attention-23).</summary>
internal static class StandardAttention
{
    /// <summary>
    /// Inputs: Q [B, N, S, d] or [B, S, N·d], K and V with G heads likewise, a mask that broadcasts to [B, N, S, T] (bool: what counts; float:
    /// added), no past. Outputs: Y in Q's layout, keys and values [B, G, T, d].
    /// </summary>
    public static Value?[] Attention(FusedNode node)
    {
        node.Allows("is_causal", "kv_num_heads", "q_num_heads", "qk_matmul_output_mode", "scale", "softcap", "softmax_precision");
        node.Without(4, "past_key", emptyAxis: 2);
        node.Without(5, "past_value", emptyAxis: 2);
        node.Without(6, "nonpad_kv_seqlen");
        Value q = node.Input(0);
        bool flat = node.Rank(q, 3, 4) == 3;
        Value query = flat ? AttentionParts.SplitHeads(node, q, node.Positive("q_num_heads")) : q;
        Value key = Heads(node, node.Input(1)), value = Heads(node, node.Input(2));
        Value? mask = node.Optional(3);
        if (mask is { Type: ElementType.Bool })
        {
            mask = node.Graph.Where(
                mask, node.Graph.Scalar(0, query.Type), node.Graph.Scalar(AttentionParts.Lowest(query.Type), query.Type));
        }

        mask = node.Int("is_causal", 0) != 0 ? AttentionParts.Causal(node, mask, query) : mask;
        Value context = AttentionParts.Attend(node, query, key, value, mask, node.Float("scale", 0), node.Float("softcap", 0));
        return [flat ? AttentionParts.MergeHeads(node, context) : context, key, value];
    }

    private static Value Heads(FusedNode node, Value x) =>
        node.Rank(x, 3, 4) == 3 ? AttentionParts.SplitHeads(node, x, node.Positive("kv_num_heads")) : x;
}
