using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Training.Objectives;

/// <summary>
/// Multiple negatives ranking (Henderson et al., arXiv:1705.00652, §4.4; sentence-transformers' MultipleNegativesRankingLoss):
/// L = -1/B Σ_i ln softmax_j(cos(a_i, c_j)/τ)[i], where c holds the B positives and then the B negatives of each further column.
/// </summary>
internal static class MultipleNegativesRankingLoss
{
    /// <summary>Embeddings f32 [C·B, H], column after column, to a scalar.</summary>
    public static Value Build(GraphBuilder g, LossInputs inputs)
    {
        long hidden = inputs.Rows.Shape.At(-1).Value;
        Value columns = g.Reshape(Similarities.Normalize(g, inputs.Rows), inputs.Columns, -1, hidden);
        Value[] parts = g.Split(columns, 0, 1, inputs.Columns - 1);
        Value anchors = g.Reshape(parts[0], -1, hidden);
        Value candidates = g.Reshape(parts[1], -1, hidden);

        Value logarithms = g.LogSoftmax(Similarities.Scaled(g, anchors, candidates, inputs.Temperature));
        Value own = g.Unsqueeze(Similarities.RowNumbers(g, anchors), 1);
        return g.Neg(g.ReduceMean(g.Squeeze(g.GatherElements(logarithms, own, axis: 1), 1), keepDims: false, 0));
    }
}
