using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Architectures;

/// <summary>
/// Rotary position embedding (Su et al. 2021, arXiv:2104.09864, §3.4.2) in the half-split layout of Hugging Face: the pair (i, i + d/2)
/// turns by position · θ^(-2i/d). With the sign of the sine folded into its table, x turns to x · cos + swap(x) · sin, where swap
/// exchanges the halves.
/// </summary>
internal sealed class RotaryEmbedding
{
    private readonly GraphBuilder _graph;
    private readonly Value _cosine;
    private readonly Value _sine;
    private readonly int _half;

    /// <param name="graph">Receives the tables, cut to the sequence.</param>
    /// <param name="inputIds">[B, S].</param>
    /// <param name="positions">Rows of the tables: the longest sequence.</param>
    /// <param name="width">d, even.</param>
    /// <param name="theta">Base of the wavelengths.</param>
    /// <param name="type">Type of the activations.</param>
    /// <param name="name">Name of the tables, for models whose layers turn at different speeds.</param>
    public RotaryEmbedding(
        GraphBuilder graph, Value inputIds, int positions, int width, double theta, ElementType type, string name = "rotary")
    {
        _graph = graph;
        _half = width / 2;
        double[] cosine = new double[positions * width];
        double[] sine = new double[positions * width];
        for (int position = 0; position < positions; position++)
        {
            for (int i = 0; i < _half; i++)
            {
                (double sin, double cos) = Math.SinCos(position * Math.Pow(theta, -2.0 * i / width));
                int at = (position * width) + i;
                (cosine[at], cosine[at + _half]) = (cos, cos);
                (sine[at], sine[at + _half]) = (-sin, sin);
            }
        }

        _cosine = Cut($"{name}.cos", cosine);
        _sine = Cut($"{name}.sin", sine);

        // A graph that encodes two inputs has one table and two cuts of it.
        Value Cut(string tableName, double[] table)
        {
            Value whole = graph.Contains(tableName)
                ? graph[tableName]
                : graph.Initializer(tableName, TensorData.FromDoubles(table, type, positions, width));
            return graph.Unsqueeze(graph.Slice(whole, 0, graph.Int64s(0), graph.Extent(inputIds, 1)), 1);
        }
    }

    /// <summary>Turns queries or keys [B, S, heads, d].</summary>
    public Value Apply(Value x)
    {
        Value[] halves = _graph.Split(x, -1, _half, _half);
        Value swapped = _graph.Concat(-1, halves[1], halves[0]);
        return _graph.Add(_graph.Mul(x, _cosine), _graph.Mul(swapped, _sine));
    }
}
