using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>com.microsoft.GroupQueryAttention of ONNX Runtime 1.31 (ContribOperators.md): causal attention with shared key/value heads.</summary>
internal static class GroupQueryAttentions
{
    /// <summary>
    /// Inputs: query [B, S, N·d], key and value [B, S, G·d], or all three side by side in query; no past; the number of tokens of each text
    /// less one, int32 [B]; the length S; tables of rotary embedding [M, r/2] and positions, which ONNX Runtime's CPU kernel (1.31.1) does
    /// not read without a past, so that they are 0 … S-1; numbers added to the scores. Padding stands right of a text, where causal attention never looks, so the numbers of tokens change no
    /// state of a token; states of padding are not defined. Outputs: [B, S, N·d] and keys and values [B, G, S, d].
    /// </summary>
    public static Value?[] GroupQueryAttention(FusedNode node)
    {
        node.Allows(
            "num_heads", "kv_num_heads", "scale", "softcap", "local_window_size", "do_rotary", "rotary_interleaved", "smooth_softmax", "qk_output",
            "k_quant_type", "v_quant_type", "kv_cache_bit_width");
        node.Needs(node.Int("smooth_softmax", 0) <= 0, "attribute smooth_softmax of 0, got 1");
        node.Needs(node.Int("qk_output", 0) == 0, $"attribute qk_output of 0, got {node.Int("qk_output", 0)}");
        node.Needs(node.Text("k_quant_type", "NONE") == "NONE" && node.Text("v_quant_type", "NONE") == "NONE", "keys and values that are not quantised");
        node.Without(3, "past_key", emptyAxis: 2);
        node.Without(4, "past_value", emptyAxis: 2);
        node.Without(11, "head_sink");
        long heads = node.Positive("num_heads"), groups = node.Positive("kv_num_heads");
        (Value query, Value key, Value value) = Operands(node, heads, groups);
        if (node.Int("do_rotary", 0) != 0)
        {
            Value positions = AttentionParts.Positions(node, query, 2);
            Value cos = RotaryEmbeddings.Rows(node, node.Input(7), positions), sin = RotaryEmbeddings.Rows(node, node.Input(8), positions);
            bool interleaved = node.Int("rotary_interleaved", 0) != 0;
            query = RotaryEmbeddings.Heads(node, query, cos, sin, interleaved);
            key = RotaryEmbeddings.Heads(node, key, cos, sin, interleaved);
        }

        Value mask = AttentionParts.Causal(node, null, query, Math.Max(0, node.Int("local_window_size", -1)));
        Value context = AttentionParts.Attend(
            node, query, key, value, AttentionParts.Plus(node, mask, node.Optional(10)), node.Float("scale", 0), node.Float("softcap", 0));
        return [AttentionParts.MergeHeads(node, context), key, value];
    }

    private static (Value Query, Value Key, Value Value) Operands(FusedNode node, long heads, long groups)
    {
        Value q = node.Input(0);
        if (node.Optional(1) is { } k)
        {
            return (
                AttentionParts.SplitHeads(node, q, heads),
                AttentionParts.SplitHeads(node, k, groups),
                AttentionParts.SplitHeads(node, node.Input(2), groups));
        }

        long all = heads + (2 * groups), width = node.Extent(q, 2) / all;
        node.Needs(width * all == node.Extent(q, 2), $"a packed width that {heads} + 2 · {groups} heads divide, got {q}");
        Value[] parts = node.Graph.Split(AttentionParts.SplitHeads(node, q, all), 1, heads, groups, groups);
        return (parts[0], parts[1], parts[2]);
    }
}
