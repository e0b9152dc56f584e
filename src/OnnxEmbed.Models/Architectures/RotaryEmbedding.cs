using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Architectures;

/// <summary>
/// Rotary position embedding (Su et al. 2021, arXiv:2104.09864, §3.4.2) in the half-split layout of Hugging Face: of the first d numbers of
/// a head, the pair (i, i + d/2) turns by position · frequency i. With the sign folded into the sine, x turns to x · cos + swap(x) · sin,
/// where swap exchanges the halves. Sine and cosine are computed in the graph, once for all layers: a table of 131,072 positions would be
/// larger than many models. Angles stay in the type of the activations, f32 in a model: half precision cannot hold them.
/// </summary>
internal sealed class RotaryEmbedding
{
    private readonly GraphBuilder _graph;
    private readonly Value _cosine;
    private readonly Value _sine;
    private readonly int _half;

    /// <param name="graph">Receives cosine and sine of the sequence.</param>
    /// <param name="inputs">The texts, whose lengths matter to some scalings.</param>
    /// <param name="frequencies">d/2 angles.</param>
    /// <param name="type">Type of the activations.</param>
    /// <param name="name">Name of the frequencies, for models whose layers turn at different speeds.</param>
    public RotaryEmbedding(
        GraphBuilder graph, EncoderInputs inputs, RotaryFrequencies frequencies, ElementType type, string name = "rotary")
    {
        _graph = graph;
        _half = frequencies.Inverse.Length;
        Value positions = graph.Node("Range", [graph.Int64(0), graph.Gather(graph.Shape(inputs.InputIds), graph.Int64(1)), graph.Int64(1)]);
        Value position = graph.Unsqueeze(graph.Cast(positions, type), 1);
        Value inverse = Constant("inv_freq", Array.ConvertAll(frequencies.Inverse, value => (double)value));
        if (frequencies.Growth is (double factor, int seen))
        {
            Value most = graph.ClipMin(graph.Mul(Tokens(), 1.0 / seen), 1);
            Value ratio = graph.Add(graph.Mul(most, factor), 1 - factor);
            double[] powers = [.. Enumerable.Range(0, _half).Select(i => -2.0 * i / ((2 * _half) - 2))];
            inverse = graph.Unsqueeze(graph.Mul(inverse, graph.Node("Pow", [ratio, Constant("growth", powers)])), 1);
        }
        else if (frequencies.Long is (int above, float[] longer))
        {
            Value isLong = graph.Greater(Tokens(), graph.Scalar(above, type));
            Value other = Constant("long_inv_freq", Array.ConvertAll(longer, value => (double)value));
            inverse = graph.Unsqueeze(graph.Where(isLong, other, inverse), 1);
        }

        // [S, d/2], or [B, S, d/2] where each text has frequencies of its own; then the axis of the heads is put in.
        Value angle = graph.Mul(position, inverse);
        Value cosine = graph.Mul(graph.Node("Cos", [angle]), frequencies.Factor);
        Value sine = graph.Mul(graph.Node("Sin", [angle]), frequencies.Factor);
        _cosine = graph.Unsqueeze(graph.Concat(-1, cosine, cosine), -2);
        _sine = graph.Unsqueeze(graph.Concat(-1, graph.Neg(sine), sine), -2);

        // [B, 1]. The tokens of the text itself, so that its vector does not depend on what else is in the batch.
        Value Tokens() => graph.Cast(graph.ReduceSum(inputs.AttentionMask, keepDims: true, 1), type);

        // A graph that encodes two inputs has them once.
        Value Constant(string what, double[] values) => graph.Contains($"{name}.{what}")
            ? graph[$"{name}.{what}"]
            : graph.Initializer($"{name}.{what}", TensorData.FromDoubles(values, type, values.Length));
    }

    /// <summary>Turns queries or keys [B, S, heads, width]; what is beyond d stays as it is.</summary>
    public Value Apply(Value x)
    {
        long rest = x.Shape.At(-1).Value - (2 * _half);
        Value[] parts = rest == 0 ? _graph.Split(x, -1, _half, _half) : _graph.Split(x, -1, _half, _half, rest);
        Value turned = rest == 0 ? x : _graph.Concat(-1, parts[0], parts[1]);
        Value swapped = _graph.Concat(-1, parts[1], parts[0]);
        turned = _graph.Add(_graph.Mul(turned, _cosine), _graph.Mul(swapped, _sine));
        return rest == 0 ? turned : _graph.Concat(-1, turned, parts[2]);
    }
}
