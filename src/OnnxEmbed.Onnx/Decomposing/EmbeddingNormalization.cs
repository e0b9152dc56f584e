using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>EmbedLayerNormalization of ONNX Runtime 1.31 (ContribOperators.md): the embedding block of BERT.</summary>
internal static class EmbeddingNormalization
{
    /// <summary>
    /// LN(word[ids] + position[positions] [+ segment[segments]]). Inputs: ids and segments int32 [B, S], the three tables, gamma, beta, mask
    /// int32 [B, S], positions int32 [B, S] or [1, S], 0 … S-1 where they are left out. Outputs: the states [B, S, H], the number of ones of
    /// each mask row int32 [B] (0 without a mask), the sum.
    /// </summary>
    public static Value?[] EmbedLayerNormalization(FusedNode node)
    {
        node.Allows("epsilon", "mask_index_type");
        GraphBuilder graph = node.Graph;
        Value ids = node.Input(0), positionTable = node.Input(3);
        Value positions = node.Optional(8) is { } given
            ? graph.Gather(positionTable, given)
            : graph.Slice(positionTable, 0, graph.Int64s(0), graph.Extent(ids, 1));
        Value sum = graph.Add(graph.Gather(node.Input(2), ids), positions);
        if (node.Optional(1) is { } segments)
        {
            Value table = node.Optional(4) ?? throw node.Fault("needs segment_embedding (input 4) beside segment_ids, got none");
            sum = graph.Add(sum, graph.Gather(table, segments));
        }

        Value normalized = Normalizations.Layer(
            node, sum, node.Input(5), node.Input(6), [-1], node.Float("epsilon", 1e-12f), statistics: false)[0]!;
        return [normalized, node.Wants(1) ? Lengths(node, ids, node.Optional(7)) : null, sum];
    }

    private static Value Lengths(FusedNode node, Value ids, Value? mask)
    {
        GraphBuilder graph = node.Graph;
        Value ones = mask is null
            ? graph.Mul(graph.Cast(ids, ElementType.Int64), graph.Int64(0))
            : graph.Cast(graph.Equal(graph.Cast(mask, ElementType.Int64), graph.Int64(1)), ElementType.Int64);
        return graph.Cast(graph.ReduceSum(ones, keepDims: false, 1), ElementType.Int32);
    }
}
