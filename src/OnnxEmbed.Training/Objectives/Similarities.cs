using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Training.Objectives;

/// <summary>Pieces that the contrastive losses share.</summary>
internal static class Similarities
{
    /// <summary>
    /// Rows of unit length: x / √max(Σx², 1e-24), so that a zero row stays zero. Embeddings that the package has normalised already pass
    /// unchanged up to rounding.
    /// </summary>
    public static Value Normalize(GraphBuilder g, Value rows) =>
        g.Div(rows, g.Sqrt(g.ClipMin(g.ReduceSum(g.Mul(rows, rows), keepDims: true, 1), 1e-24)));

    /// <summary>Scaled products of all pairs of rows: a · bᵀ / temperature.</summary>
    /// <param name="g">The graph.</param>
    /// <param name="a">f32 [N, H].</param>
    /// <param name="b">f32 [M, H].</param>
    /// <param name="temperature">Divisor.</param>
    public static Value Scaled(GraphBuilder g, Value a, Value b, double temperature) => g.Gemm(a, b, transB: true, alpha: 1 / temperature);

    /// <summary>The numbers 0 … N-1, int64 [N], N being the extent of a value's first axis.</summary>
    public static Value RowNumbers(GraphBuilder g, Value rows) =>
        g.Node("Range", [g.Int64(0), g.Squeeze(g.Extent(rows, 0), 0), g.Int64(1)]);
}
