using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>Products fused with transpositions, a factor or an activation (ONNX Runtime 1.31, ContribOperators.md).</summary>
internal static class Products
{
    private static readonly string[] GemmActivations =
        ["Relu", "LeakyRelu", "Elu", "Selu", "HardSigmoid", "Sigmoid", "Softplus", "Softsign", "Tanh", "ThresholdedRelu"];

    /// <summary>alpha · op(A) · op(B), op exchanging the two last axes (<c>trans</c>) or moving the first before the last (<c>transBatch</c>).</summary>
    public static Value?[] FusedMatMul(FusedNode node)
    {
        node.Allows("alpha", "transA", "transB", "transBatchA", "transBatchB");
        Value a = Operand(node, node.Input(0), "transA", "transBatchA");
        Value b = Operand(node, node.Input(1), "transB", "transBatchB");
        return [node.Graph.Mul(node.Graph.MatMul(a, b), node.Float("alpha", 1))];
    }

    /// <summary>act(alpha · op(A) · op(B) + beta · C).</summary>
    public static Value?[] FusedGemm(FusedNode node)
    {
        node.Allows("alpha", "beta", "transA", "transB", "activation", "activation_alpha", "activation_beta", "activation_gamma");
        Value product = node.Graph.Gemm(
            node.Input(0),
            node.Input(1),
            node.Optional(2),
            node.Int("transA", 0) != 0,
            node.Int("transB", 0) != 0,
            node.Float("alpha", 1),
            node.Float("beta", 1));
        string activation = node.Text("activation", "");
        node.Needs(
            activation.Length == 0 || GemmActivations.Contains(activation),
            $"attribute activation of {string.Join(", ", GemmActivations)}, got {activation}");
        float given = float.NaN;
        (string, object)[] attributes =
        [
            .. new[] { "alpha", "beta", "gamma" }
                .Select(name => (Name: name, Value: node.Float("activation_" + name, given)))
                .Where(attribute => !double.IsNaN(attribute.Value))
                .Select(attribute => (attribute.Name, (object)attribute.Value)),
        ];
        return [activation.Length == 0 ? product : node.Graph.Node(activation, [product], attributes)];
    }

    private static Value Operand(FusedNode node, Value value, string trans, string transBatch)
    {
        bool last = node.Int(trans, 0) != 0, batch = node.Int(transBatch, 0) != 0;
        if (!last && !batch)
        {
            return value;
        }

        List<long> order = [.. Enumerable.Range(0, node.Rank(value)).Select(axis => (long)axis)];
        if (order.Count < 2)
        {
            return value; // a vector has nothing to exchange
        }

        if (batch)
        {
            order.RemoveAt(0);
            order.Insert(order.Count - 1, 0);
        }

        if (last)
        {
            (order[^1], order[^2]) = (order[^2], order[^1]);
        }

        return node.Graph.Transpose(value, [.. order]);
    }
}
