using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Objectives;

namespace OnnxEmbed.Training.Graphs;

/// <summary>What to build a <see cref="TrainingGraph"/> for.</summary>
public sealed record TrainingGraphOptions
{
    /// <summary>The loss.</summary>
    public required Loss Loss { get; init; }

    /// <summary>Divisor of similarities.</summary>
    /// <value>Null for the loss's own default.</value>
    public double? Temperature { get; init; }

    /// <summary>Texts in a tuple.</summary>
    /// <value>2 unless set; 3 with negatives. Used by losses over tuples.</value>
    public int Columns { get; init; } = 2;

    /// <summary>Adapter to train.</summary>
    /// <value>Null to train all weights.</value>
    public LoraOptions? Lora { get; init; }

    /// <summary>Factors of an adapter to start from, by parameter name.</summary>
    /// <value>Null for a fresh adapter.</value>
    public IReadOnlyDictionary<string, TensorData>? InitialFactors { get; init; }

    /// <summary>Adds the head of a language model to a graph: hidden states f32 [N, H] to logits f32 [N, V], N tokens.</summary>
    /// <value>Null for losses over embeddings; losses over tokens need one.</value>
    public Func<GraphBuilder, Value, Value>? Head { get; init; }

    /// <summary>Seeds a fresh adapter.</summary>
    public ulong Seed { get; init; }
}
