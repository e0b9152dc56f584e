namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>
/// The operators that are decomposed, and those of other domains that stay as they are. Versions are those of the operator's own domain;
/// the operators of <c>com.microsoft</c> have had version 1 since they exist.
/// </summary>
internal static class Decompositions
{
    public const string Microsoft = "com.microsoft";

    // ONNX Runtime writes LayerNormalization and SimplifiedLayerNormalization into ONNX's own domain whatever its version.
    private static readonly Dictionary<(string Domain, string Operator), (Decomposition Rule, int BelowOpset)> Table = new()
    {
        [("", "LayerNormalization")] = (Normalizations.LayerNormalization, 17),
        [("", "SimplifiedLayerNormalization")] = (Normalizations.SimplifiedLayerNormalization, int.MaxValue),
        [("", "RMSNormalization")] = (Normalizations.RmsNormalization, int.MaxValue),
        [("", "Attention")] = (StandardAttention.Attention, int.MaxValue),
        [("", "RotaryEmbedding")] = (RotaryEmbeddings.Standard, int.MaxValue),
        [("", "Gelu")] = (Activations.StandardGelu, int.MaxValue),
        [(Microsoft, "LayerNormalization")] = (Normalizations.LayerNormalization, int.MaxValue),
        [(Microsoft, "SimplifiedLayerNormalization")] = (Normalizations.SimplifiedLayerNormalization, int.MaxValue),
        [(Microsoft, "SkipLayerNormalization")] = (Normalizations.SkipLayerNormalization, int.MaxValue),
        [(Microsoft, "SkipSimplifiedLayerNormalization")] = (Normalizations.SkipSimplifiedLayerNormalization, int.MaxValue),
        [(Microsoft, "EmbedLayerNormalization")] = (EmbeddingNormalization.EmbedLayerNormalization, int.MaxValue),
        [(Microsoft, "Attention")] = (PackedAttention.Attention, int.MaxValue),
        [(Microsoft, "MultiHeadAttention")] = (MultiHeadAttentions.MultiHeadAttention, int.MaxValue),
        [(Microsoft, "GroupQueryAttention")] = (GroupQueryAttentions.GroupQueryAttention, int.MaxValue),
        [(Microsoft, "RotaryEmbedding")] = (RotaryEmbeddings.Microsoft, int.MaxValue),
        [(Microsoft, "BiasGelu")] = (Activations.BiasGelu, int.MaxValue),
        [(Microsoft, "FastGelu")] = (Activations.FastGelu, int.MaxValue),
        [(Microsoft, "QuickGelu")] = (Activations.QuickGelu, int.MaxValue),
        [(Microsoft, "Gelu")] = (Activations.Gelu, int.MaxValue),
        [(Microsoft, "BiasSoftmax")] = (Activations.BiasSoftmax, int.MaxValue),
        [(Microsoft, "FusedMatMul")] = (Products.FusedMatMul, int.MaxValue),
        [(Microsoft, "TransposeMatMul")] = (Products.FusedMatMul, int.MaxValue),
        [(Microsoft, "FusedGemm")] = (Products.FusedGemm, int.MaxValue),
    };

    private static readonly HashSet<string> KeptMicrosoft = new(StringComparer.Ordinal)
    {
        "MatMulNBits", "MatMulBnb4", "MatMulIntegerToFloat", "DynamicQuantizeMatMul", "GatherBlockQuantized", "QuantizeLinear",
        "DequantizeLinear", "QAttention", "QEmbedLayerNormalization", "QGemm", "QLinearAdd", "QLinearMul", "QLinearConcat",
        "QLinearSoftmax", "QLinearSigmoid", "QLinearLeakyRelu", "QLinearReduceMean", "QLinearWhere",
    };

    private static readonly HashSet<string> QuantizedStandard = new(StringComparer.Ordinal)
    {
        "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "QLinearMatMul", "ConvInteger", "QLinearConv",
    };

    /// <summary>Operators that are decomposed, with their domain.</summary>
    public static IEnumerable<string> Operators => Table.Keys.Select(key => key.Domain.Length == 0 ? key.Operator : $"{key.Domain}.{key.Operator}");

    /// <summary>How an operator is decomposed; null where it stays.</summary>
    public static Decomposition? Find(string domain, string op, long opset) =>
        Table.TryGetValue((domain, op), out (Decomposition Rule, int BelowOpset) entry) && opset < entry.BelowOpset ? entry.Rule : null;

    /// <summary>Whether an operator computes with quantised weights or activations.</summary>
    public static bool IsQuantized(string domain, string op) =>
        domain.Length == 0 ? QuantizedStandard.Contains(op) : domain == Microsoft && KeptMicrosoft.Contains(op);
}
