using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Architectures;

/// <summary>
/// Graphs of the architectures that are built here, in standard ONNX operators (opset 17). Axes: B batch, S sequence, N = B·S, H hidden.
/// Parameters keep their Hugging Face names and a linear layer's orientation [out, in].
/// </summary>
public static class EncoderGraph
{
    /// <summary>Name of output 0 of a model: hidden states f32 [B, S, H].</summary>
    public const string HiddenStateName = "last_hidden_state";

    /// <summary>Name of output 1 of a model: one vector a text, f32 [B, H].</summary>
    public const string SentenceEmbeddingName = "sentence_embedding";

    /// <summary>Adds the encoder, without pooling, to a graph.</summary>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="config">The architecture.</param>
    /// <param name="inputs">Inputs, as <see cref="EncoderInputs.Declare"/> makes them.</param>
    /// <param name="parameters">Source of the parameters; their type (f32 or f64) is the type of the activations.</param>
    /// <returns>Hidden states [N, H].</returns>
    /// <exception cref="DataException">The config asks for something that is not built here; all such faults are listed.</exception>
    public static Value Build(GraphBuilder graph, ModelConfig config, EncoderInputs inputs, ParameterSource parameters)
    {
        ArgumentNullException.ThrowIfNull(config);
        string[] faults = [.. config.GraphFaults()];
        return faults.Length > 0
            ? throw new DataException(string.Join("; ", faults))
            : KnownArchitectures.Of(config).Build(graph, config, inputs, parameters);
    }

    /// <summary>A whole model for inference: inputs, encoder, pooling, both outputs of the package contract.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="pooling">How hidden states become one vector.</param>
    /// <param name="normalize">Whether the vector is scaled to length 1.</param>
    /// <param name="weights">Numbers of the parameters.</param>
    /// <param name="dense">Dense modules between pooling and normalisation; null for none.</param>
    /// <exception cref="DataException">The config asks for something that is not built here; all such faults are listed.</exception>
    public static GraphBuilder Model(
        ModelConfig config, PoolingMode pooling, bool normalize, TensorSource weights, IReadOnlyList<DenseLayer>? dense = null)
    {
        GraphBuilder graph = new();
        EncoderInputs inputs = EncoderInputs.Declare(graph, config);
        ParameterSource parameters = ParameterSources.Initializers(graph, weights);
        Value hidden = Build(graph, config, inputs, parameters);
        Value states = SentenceVector.Unflatten(graph, hidden, inputs.AttentionMask);
        Value vector = SentenceVector.Pool(graph, states, inputs.AttentionMask, pooling);
        vector = SentenceVector.Transform(graph, vector, dense ?? [], parameters);
        vector = normalize ? SentenceVector.Normalize(graph, vector) : vector;
        graph.Output(states, HiddenStateName);
        graph.Output(vector, SentenceEmbeddingName);
        return graph;
    }

    /// <summary>Names and shapes of the encoder's parameters, in the order of use.</summary>
    public static IReadOnlyList<(string Name, long[] Shape)> Parameters(ModelConfig config)
    {
        List<(string, long[])> found = [];
        GraphBuilder scratch = new("parameters");
        ParameterSource inputs = ParameterSources.Inputs(scratch);
        Build(scratch, config, EncoderInputs.Declare(scratch, config), (name, shape) =>
        {
            found.Add((name, shape));
            return inputs(name, shape);
        });
        return found;
    }
}
