using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Vocabularies;

/// <summary>
/// Finds the tensors of a graph that have one row for each token: the table that ids are looked up in, its transposed twin, and the weight
/// and
/// bias of an output layer over the vocabulary.
/// </summary>
internal static class TokenTensors
{
    /// <summary>What may lie between the scores of tokens and an output of the graph.</summary>
    private static readonly HashSet<string> AfterScores =
        ["Add", "Cast", "Identity", "Softmax", "LogSoftmax", "Div", "Mul", "Tanh"];

    /// <summary>Values with one score for each token, made of tensors with rows of tokens.</summary>
    /// <param name="graph">The graph, its nodes in order.</param>
    /// <param name="tensors">Tensors with rows of tokens.</param>
    public static HashSet<string> Scores(GraphProto graph, IEnumerable<string> tensors)
    {
        HashSet<string> weights = [.. tensors];
        HashSet<string> scores = new(StringComparer.Ordinal);
        foreach (NodeProto node in graph.Node.Where(node => node.Input.Count > 0))
        {
            if (node.OpType is "Cast" or "Identity" or "Transpose" && weights.Contains(node.Input[0]))
            {
                weights.UnionWith(node.Output);
            }
            else if ((node.OpType is "MatMul" or "Gemm" && weights.Contains(node.Input[1]))
                || (AfterScores.Contains(node.OpType) && node.Input.Any(scores.Contains)))
            {
                scores.UnionWith(node.Output);
            }
        }

        return scores;
    }

    /// <summary>The axis of the tokens by tensor.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tables">The tables that ids are looked up in.</param>
    public static IReadOnlyDictionary<string, int> Axes(OnnxModel model, IReadOnlyList<string> tables)
    {
        Dictionary<string, int> axes = new(StringComparer.Ordinal);
        foreach (string table in tables)
        {
            axes[table] = 0;
        }

        foreach ((string twin, _) in TransposedTwins.Find(model).Where(pair => axes.ContainsKey(pair.Value)))
        {
            axes[twin] = 1;
        }

        GraphProto graph = model.Proto.Graph;
        Consumers consumers = new(graph);
        Dictionary<string, NodeProto> makers = graph.Node.SelectMany(node => node.Output.Select(output => (output, node)))
            .Where(pair => pair.output.Length > 0).ToDictionary(pair => pair.output, pair => pair.node, StringComparer.Ordinal);
        HashSet<string> outputs = [.. graph.Output.Select(output => output.Name)];
        HashSet<long> extents = [.. tables.Select(table => model.Tensors[table].Shape[0])];
        foreach (NodeProto node in graph.Node.Where(node => node.OpType is "MatMul" or "Gemm" && node.Input.Count >= 2))
        {
            if (Weight(node.Input[1], node.OpType == "Gemm"
                && node.Attribute.Any(flag => flag is { Name: "transB", I: not 0 })) is not { } weight
                || !extents.Contains(model.Tensors[weight.Name].Shape[weight.Axis]) || !IsScore(node.Output[0], 0))
            {
                continue;
            }

            axes.TryAdd(weight.Name, weight.Axis);
            long rows = model.Tensors[weight.Name].Shape[weight.Axis];
            IEnumerable<string> biases = node.Input.Skip(2)
                .Concat(consumers.Of(node.Output[0]).Where(use => use.Node.OpType == "Add").SelectMany(use => use.Node.Input));
            foreach (string bias in biases.Where(name => model.Tensors.TryGetValue(name, out TensorData? tensor)
                && tensor.Shape is [long extent] && extent == rows))
            {
                axes.TryAdd(bias, 0);
            }
        }

        return axes;

        (string Name, int Axis)? Weight(string input, bool transposed)
        {
            for (int step = 0; step < 3; step++)
            {
                if (model.Tensors.TryGetValue(input, out TensorData? tensor))
                {
                    return tensor.Shape.Count == 2 ? (input, transposed ? 0 : 1) : null;
                }

                if (!makers.TryGetValue(input, out NodeProto? maker) || maker.OpType is not ("Cast" or "Identity" or "Transpose"))
                {
                    return null;
                }

                transposed ^= maker.OpType == "Transpose";
                input = maker.Input[0];
            }

            return null;
        }

        bool IsScore(string value, int depth) => outputs.Contains(value) || (depth < 8 && consumers.Of(value).Any()
            && consumers.Of(value).All(use => AfterScores.Contains(use.Node.OpType) && IsScore(use.Node.Output[0], depth + 1)));
    }
}
