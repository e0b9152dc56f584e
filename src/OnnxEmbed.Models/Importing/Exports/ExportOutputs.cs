using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Importing.Exports;

/// <summary>Tells which value of an exported graph holds the hidden states, and which output vectors of texts.</summary>
internal static class ExportOutputs
{
    private static readonly string[] StateNames = ["last_hidden_state", "token_embeddings", "hidden_states", "encoder_outputs"];

    private static readonly string[] VectorNames = ["sentence_embedding", "sentence_embeddings", "embeddings", "embedding", "text_embeds"];

    /// <param name="graph">The decomposed graph.</param>
    /// <param name="file">The graph of the file, whose outputs are in its order.</param>
    /// <param name="inputs">Knows the names of the file's values in the graph.</param>
    /// <param name="config">The architecture.</param>
    /// <returns>The states [B, S, H], their name in the file, and the name of the output with vectors [B, H]; null for none.</returns>
    /// <exception cref="GraphException">There are no hidden states.</exception>
    public static (Value States, string Name, string? Vectors) Find(GraphBuilder graph, GraphProto file, ExportInputs inputs, ModelConfig config)
    {
        (string Name, Value Value)[] outputs =
        [
            .. file.Output.Select(output => (output.Name, graph[inputs.InGraph(output.Name)]))
                .Where(output => output.Item2.HasShape && output.Item2.Type.IsFloat()),
        ];
        (string Name, Value Value)[] states = [.. outputs.Where(output => output.Value.Rank == 3 && IsWidth(output.Value.Shape[2], config))];
        string? vectors = Preferred([.. outputs.Where(output => output.Value.Rank == 2)], VectorNames)?.Name;
        if (Preferred(states, StateNames) is { } chosen)
        {
            return (Widened(chosen.Value, config), chosen.Name, vectors);
        }

        // A graph that ends in its vectors: the states they are pooled from are the last inside it.
        Value? inner = vectors is null ? null : graph.Nodes.Reverse().SelectMany(node => node.Outputs).FirstOrDefault(value =>
            value is { HasShape: true, Rank: 3 } && value.Type.IsFloat() && value.Shape[2].IsKnown && value.Shape[2] == (Dim)config.HiddenSize
            && value.Shape[0] == graph.Inputs[0].Shape[0] && value.Shape[1] == graph.Inputs[0].Shape[1] && MadeOf(graph, value));
        return inner is not null
            ? (inner, inner.Name, vectors)
            : throw new GraphException(
                $"needs an output of hidden states, f32 [batch, sequence, {config.HiddenSize}], got {string.Join(", ", file.Output.Select(output => $"{output.Name} {Described(graph[inputs.InGraph(output.Name)])}"))}; "
                + "export the model for feature extraction");
    }

    private static (string Name, Value Value)? Preferred((string Name, Value Value)[] outputs, string[] names) =>
        outputs.Length == 0 ? null : outputs.Where(output => names.Contains(output.Name)).Append(outputs[0]).First();

    private static string Described(Value value) => value.HasShape ? $"{value.Type.ShortName()}{value.Shape}" : "of unknown shape";

    private static bool IsWidth(Dim dim, ModelConfig config) => dim.IsKnown ? dim == (Dim)config.HiddenSize : true;

    private static Value Widened(Value value, ModelConfig config) => value.Shape[2].IsKnown
        ? value
        : throw new GraphException($"needs hidden states of known width, got {value}; config.json says {config.HiddenSize}");

    // States that a mask was multiplied into, as mean pooling does first, are not those of the model.
    private static bool MadeOf(GraphBuilder graph, Value value)
    {
        GraphNode maker = graph.Nodes.First(node => node.Outputs.Contains(value));
        return maker.OpType is not ("Mul" or "Where" or "Expand" or "Cast" or "Unsqueeze") || maker.Inputs.Count(input => input is { HasShape: true, Rank: 3 }) < 2;
    }
}
