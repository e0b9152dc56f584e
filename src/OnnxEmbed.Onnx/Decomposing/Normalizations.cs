using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>
/// Layer and RMS normalisation, alone and after a residual sum. Sources: ONNX Operators.md 1.20 (LayerNormalization-17,
/// RMSNormalization-23) and ONNX Runtime 1.31 ContribOperators.md (SkipLayerNormalization, SkipSimplifiedLayerNormalization,
/// LayerNormalization and SimplifiedLayerNormalization as it writes them for older opsets).
/// </summary>
internal static class Normalizations
{
    /// <summary>Y, mean, 1/√(variance + ε) of x over the axes from <c>axis</c> on: Y = (x - mean) / √(variance + ε) · scale + bias.</summary>
    public static Value?[] LayerNormalization(FusedNode node)
    {
        node.Allows("axis", "epsilon", "stash_type");
        return Layer(node, node.Input(0), node.Input(1), node.Optional(2), Axes(node), node.Float("epsilon", 1e-5f));
    }

    /// <summary>Layer normalisation of input + skip [+ bias]; outputs Y, mean, 1/deviation and the sum.</summary>
    public static Value?[] SkipLayerNormalization(FusedNode node)
    {
        node.Allows("epsilon");
        Value sum = Sum(node, biasInput: 4);
        Value?[] normalized = Layer(
            node, sum, node.Input(2), node.Optional(3), [-1], node.Float("epsilon", 1e-12f), node.Wants(1) || node.Wants(2));
        return [.. normalized, sum];
    }

    /// <summary>x / √(mean x² + ε) · scale; outputs Y and 1/√(mean x² + ε).</summary>
    public static Value?[] SimplifiedLayerNormalization(FusedNode node)
    {
        node.Allows("axis", "epsilon", "stash_type");
        return Rms(node, node.Input(0), node.Input(1), Axes(node), node.Float("epsilon", 1e-5f));
    }

    /// <summary>ONNX's own name for the same since opset 23; one output.</summary>
    public static Value?[] RmsNormalization(FusedNode node) => [SimplifiedLayerNormalization(node)[0]];

    /// <summary>RMS normalisation of input + skip [+ bias]; outputs Y, nothing, 1/root and the sum.</summary>
    public static Value?[] SkipSimplifiedLayerNormalization(FusedNode node)
    {
        node.Allows("epsilon");
        Value sum = Sum(node, biasInput: 3);
        Value?[] normalized = Rms(node, sum, node.Input(2), [-1], node.Float("epsilon", 1e-12f));
        return [normalized[0], null, normalized[1], sum];
    }

    /// <summary>Layer normalisation, with the standard operator where the opset has it.</summary>
    public static Value?[] Layer(FusedNode node, Value x, Value scale, Value? bias, long[] axes, double epsilon, bool statistics = true)
    {
        GraphBuilder graph = node.Graph;
        if (graph.Opset >= 17)
        {
            Value?[] operands = bias is null ? [x, scale] : [x, scale, bias];
            Value[] outputs = graph.NodeWithOutputs(
                "LayerNormalization", operands, statistics && (node.Wants(1) || node.Wants(2)) ? 3 : 1, ("axis", axes[0]), ("epsilon", epsilon));
            return outputs.Length == 3 ? [.. outputs] : [outputs[0], null, null];
        }

        Value wide = node.Wide(x);
        Value mean = graph.ReduceMean(wide, keepDims: true, axes);
        Value centred = graph.Sub(wide, mean);
        Value variance = graph.ReduceMean(graph.Mul(centred, centred), keepDims: true, axes);
        Value inverse = graph.Reciprocal(graph.Sqrt(graph.Add(variance, epsilon)));
        Value scaled = graph.Mul(graph.Cast(graph.Mul(centred, inverse), x.Type), scale);
        return [bias is null ? scaled : graph.Add(scaled, bias), mean, inverse];
    }

    private static Value?[] Rms(FusedNode node, Value x, Value scale, long[] axes, double epsilon)
    {
        GraphBuilder graph = node.Graph;
        Value wide = node.Wide(x);

        // Pow, ReduceMean, Add, Sqrt, Div, Mul: the form that ONNX Runtime fuses again.
        Value meanSquare = graph.ReduceMean(graph.Node("Pow", [wide, graph.Scalar(2, wide.Type)]), keepDims: true, axes);
        Value root = graph.Sqrt(graph.Add(meanSquare, epsilon));
        Value y = graph.Mul(graph.Cast(graph.Div(wide, root), x.Type), scale);
        return [y, node.Wants(1) || node.Wants(2) ? graph.Reciprocal(root) : null];
    }

    private static Value Sum(FusedNode node, int biasInput)
    {
        Value sum = node.Graph.Add(node.Input(0), node.Input(1));
        return node.Optional(biasInput) is { } bias ? node.Graph.Add(sum, bias) : sum;
    }

    private static long[] Axes(FusedNode node)
    {
        long axis = node.Int("axis", -1);
        long first = axis < 0 ? axis : axis - node.Rank(node.Input(0));
        node.Needs(first < 0 && first >= -8, $"attribute axis to name one of the input's, got {axis}");
        return [.. Enumerable.Range(0, (int)-first).Select(i => first + i)];
    }
}
