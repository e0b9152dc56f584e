using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Architectures;

/// <summary>
/// The building blocks that architectures share. Axes: B batch, S sequence, N = B·S tokens, H hidden, h heads, g key/value heads,
/// d head width. Activations between blocks are [N, H], so that every linear layer is one Gemm.
/// </summary>
internal sealed partial class Blocks(GraphBuilder graph, ParameterSource parameters, EncoderInputs inputs)
{
    private readonly Dictionary<(int Heads, int Width), Value> _headShapes = [];

    /// <summary>x Wᵀ [+ b]: [N, in] → [N, out].</summary>
    public Value Linear(Value x, string module, int outputs, bool bias) => graph.Gemm(
        x,
        parameters($"{module}.weight", [outputs, x.Shape.At(-1).Value]),
        bias ? parameters($"{module}.bias", [outputs]) : null,
        transB: true);

    /// <summary>x W + b with the weight [in, out] of GPT-2's <c>Conv1D</c>: [N, in] → [N, out].</summary>
    public Value Conv1D(Value x, string module, int outputs) => graph.Gemm(
        x, parameters($"{module}.weight", [x.Shape.At(-1).Value, outputs]), parameters($"{module}.bias", [outputs]));

    /// <summary>Layer normalisation over the last axis (Ba et al. 2016, arXiv:1607.06450).</summary>
    public Value LayerNorm(Value x, string module, double epsilon, bool bias = true)
    {
        long width = x.Shape.At(-1).Value;
        Value scale = parameters($"{module}.weight", [width]);
        return bias
            ? graph.LayerNormalization(x, scale, parameters($"{module}.bias", [width]), epsilon)
            : graph.Node("LayerNormalization", [x, scale], ("axis", -1), ("epsilon", epsilon));
    }

    /// <summary>x / √(mean x² + ε) · (w + offset) over the last axis (Zhang and Sennrich 2019, arXiv:1910.07467), offset 1 in Gemma.</summary>
    public Value RmsNorm(Value x, string module, double epsilon, double offset = 0)
    {
        // Written with Pow and Div, the form that ONNX Runtime recognises and runs as one kernel.
        Value meanSquare = graph.ReduceMean(graph.Node("Pow", [x, graph.Scalar(2, x.Type)]), keepDims: true, -1);
        Value root = graph.Sqrt(graph.Add(meanSquare, epsilon));
        Value weight = parameters($"{module}.weight", [x.Shape.At(-1).Value]);
        return graph.Mul(graph.Div(x, root), offset == 0 ? weight : graph.Add(weight, offset));
    }

    /// <summary>The same over each head of queries or keys [N, heads·d], with one weight [d] for all heads.</summary>
    public Value HeadRmsNorm(Value x, string module, int width, double epsilon, double offset = 0) =>
        graph.Reshape(RmsNorm(graph.Reshape(x, -1, width), module, epsilon, offset), -1, x.Shape.At(-1).Value);

    /// <summary>An activation under its name in the config.</summary>
    public Value Activation(string name, Value x) => ActivationFunctions.Build(graph, name, x);

    /// <summary>down(act(gate(x)) · up(x)), a gated linear unit (Shazeer 2020, arXiv:2002.05202): [N, H] → [N, H].</summary>
    public Value GatedFeedForward(Value x, string module, int wide, string activation, bool bias)
    {
        Value gate = Activation(activation, Linear(x, $"{module}.gate_proj", wide, bias));
        Value up = Linear(x, $"{module}.up_proj", wide, bias);
        return Linear(graph.Mul(gate, up), $"{module}.down_proj", (int)x.Shape.At(-1).Value, bias);
    }

    /// <summary>Rows of a table: [V, H] and [B, S] → [B, S, H].</summary>
    public Value Embedding(string parameter, int rows, int width, Value indices) =>
        graph.Gather(parameters(parameter, [rows, width]), indices);

    /// <summary>[B, S, H] → [N, H].</summary>
    public Value Flatten(Value x) => graph.Reshape(x, -1, x.Shape.At(-1).Value);

    /// <summary>
    /// softmax(Q Kᵀ / √d + mask) V (Vaswani et al. 2017, arXiv:1706.03762, §3.2.1). With fewer key/value heads than heads (Ainslie et al.
    /// 2023, arXiv:2305.13245) the queries of one group lie below one another, so K and V are never repeated.
    /// </summary>
    /// <param name="query">[N, h·d].</param>
    /// <param name="key">[N, g·d].</param>
    /// <param name="value">[N, g·d].</param>
    /// <param name="heads">h.</param>
    /// <param name="groups">g, a divisor of h.</param>
    /// <param name="mask">Broadcasts to [B, h, S, S].</param>
    /// <param name="rotate">Applied to queries and keys [B, S, heads, d].</param>
    /// <param name="scale">Factor of Q Kᵀ; null for 1 / √d.</param>
    /// <param name="softCap">c in c · tanh(scores / c), which is taken before the mask; null for none.</param>
    /// <returns>[N, h·d].</returns>
    public Value Attention(
        Value query,
        Value key,
        Value value,
        int heads,
        int groups,
        Value mask,
        Func<Value, Value>? rotate = null,
        double? scale = null,
        double? softCap = null)
    {
        int width = (int)query.Shape.At(-1).Value / heads;
        bool shared = groups != heads;
        Value q = SplitHeads(query, heads, width);
        Value k = SplitHeads(key, groups, width);
        q = HeadsFirst(graph.Mul(rotate?.Invoke(q) ?? q, scale ?? (1 / Math.Sqrt(width))));
        k = HeadsFirst(rotate?.Invoke(k) ?? k);
        q = shared ? graph.Reshape(q, 0, groups, -1, width) : q;
        Value scores = graph.MatMul(q, graph.TransposeLast(k));
        scores = softCap is double cap ? graph.Mul(graph.Tanh(graph.Mul(scores, 1 / cap)), cap) : scores;
        scores = graph.Add(shared ? graph.Reshape(scores, 0, heads, -1, 0) : scores, mask);
        Value weights = graph.Softmax(scores);
        weights = shared ? graph.Reshape(weights, 0, groups, -1, 0) : weights;
        Value context = graph.MatMul(weights, HeadsFirst(SplitHeads(value, groups, width)));
        context = shared ? graph.Reshape(context, 0, heads, -1, width) : context;
        return graph.Reshape(graph.Transpose(context, 0, 2, 1, 3), -1, heads * width);
    }

    // [B, S, heads, d] → [B, heads, S, d].
    private Value HeadsFirst(Value x) => graph.Transpose(x, 0, 2, 1, 3);

    // [N, heads·d] → [B, S, heads, d].
    private Value SplitHeads(Value x, int heads, int width)
    {
        if (!_headShapes.TryGetValue((heads, width), out Value? shape))
        {
            shape = graph.Concat(0, graph.Shape(inputs.InputIds), graph.Int64s(heads, width));
            _headShapes.Add((heads, width), shape);
        }

        return graph.Reshape(x, shape);
    }
}
