using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Architectures;

/// <summary>The inputs of an encoder, all int64 [B, S] (B batch, S sequence).</summary>
/// <param name="InputIds">Token ids.</param>
/// <param name="AttentionMask">1 on a token, 0 on padding.</param>
/// <param name="TokenTypeIds">Segment of each token; null for architectures without segments.</param>
public sealed record EncoderInputs(Value InputIds, Value AttentionMask, Value? TokenTypeIds)
{
    /// <summary>Name of the token ids.</summary>
    public const string InputIdsName = "input_ids";

    /// <summary>Name of the mask.</summary>
    public const string AttentionMaskName = "attention_mask";

    /// <summary>Name of the segments.</summary>
    public const string TokenTypeIdsName = "token_type_ids";

    /// <summary>Name of axis B.</summary>
    public const string BatchAxis = "batch_size";

    /// <summary>Name of axis S.</summary>
    public const string SequenceAxis = "sequence_length";

    /// <summary>Declares the inputs that an architecture takes, in the order of the package contract.</summary>
    /// <param name="graph">Receives the inputs.</param>
    /// <param name="config">The architecture.</param>
    /// <param name="prefix">Put before each name, for graphs that encode several texts (anchor and positive).</param>
    public static EncoderInputs Declare(GraphBuilder graph, ModelConfig config, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(graph);
        Value ids = graph.Input(prefix + InputIdsName, ElementType.Int64, BatchAxis, SequenceAxis);
        Value mask = graph.Input(prefix + AttentionMaskName, ElementType.Int64, BatchAxis, SequenceAxis);
        Value? types = config.TakesTokenTypes ? graph.Input(prefix + TokenTypeIdsName, ElementType.Int64, BatchAxis, SequenceAxis) : null;
        return new EncoderInputs(ids, mask, types);
    }
}
