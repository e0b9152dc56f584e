using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Architectures;

/// <content>Positions, and what is added to the scores of the attention. The side of the padding does not matter to any of them.</content>
internal sealed partial class Blocks
{
    // Added to a score that must not count. Far below any score, yet a number of every float type, f16 included; e^-10000 is 0 in f32.
    private const double Hidden = -10000;

    /// <summary>0 … S-1, whatever is padding: the rule of BERT and of every model with rotary positions. [S].</summary>
    public Value Positions() =>
        graph.Node("Range", [graph.Int64(0), graph.Gather(graph.Shape(inputs.InputIds), graph.Int64(1)), graph.Int64(1)]);

    /// <summary>
    /// RoBERTa's rule: tokens that are not <paramref name="padId"/> count from padId + 1, the others have padId. It looks at the ids, not at
    /// the mask. [B, S].
    /// </summary>
    public Value PositionsAfter(int padId)
    {
        Value real = graph.Cast(graph.Not(graph.Equal(inputs.InputIds, graph.Int64(padId))), ElementType.Int64);
        return graph.Add(graph.Mul(graph.Node("CumSum", [real, graph.Int64(1)]), real), graph.Int64(padId));
    }

    /// <summary>Tokens whose mask is 1 count from 0; padding has the position of the token before it, or 0. [B, S].</summary>
    public Value PositionsInText()
    {
        Value counted = graph.Node("CumSum", [inputs.AttentionMask, graph.Int64(1)]);
        return graph.Node("Max", [graph.Sub(counted, graph.Int64(1)), graph.Int64(0)]);
    }

    /// <summary>What is added to the scores [B, h, S, S] so that padding is not read: [B, 1, 1, S].</summary>
    public Value PaddingMask(ElementType type) =>
        graph.Mul(graph.SubFrom(1, graph.Cast(graph.Unsqueeze(inputs.AttentionMask, 1, 2), type)), Hidden);

    /// <summary>
    /// What is added to the scores so that the query at i reads the key at j only where j is no padding, j ≤ i (causal), and
    /// |i - j| &lt; window. [B, 1, S, S], or [B, 1, 1, S] where every query reads the same keys.
    /// </summary>
    /// <param name="kind">Whether what follows is read.</param>
    /// <param name="type">Type of the scores.</param>
    /// <param name="window">Tokens that are read on a side, the query's own among them; null for all.</param>
    public Value Mask(AttentionKind kind, ElementType type, int? window = null)
    {
        Value padding = PaddingMask(type);
        if (kind == AttentionKind.Bidirectional && window is null)
        {
            return padding;
        }

        Value positions = Positions();
        Value queries = graph.Unsqueeze(positions, 1);
        Value keys = graph.Unsqueeze(positions, 0);
        Value? read = kind == AttentionKind.Causal ? graph.GreaterOrEqual(queries, keys) : null;
        if (window is int reach)
        {
            Value after = graph.Greater(graph.Add(keys, graph.Int64(reach)), queries);
            Value before = read ?? graph.Greater(graph.Add(queries, graph.Int64(reach)), keys);
            read = graph.And(before, after);
        }

        return graph.Add(graph.Where(read!, graph.Scalar(0, type), graph.Scalar(Hidden, type)), padding);
    }
}
