namespace OnnxEmbed.Onnx.Aligning;

/// <summary>A value in a canonical graph: an input, a leaf, or an output of a node.</summary>
internal sealed class CanonicalValue
{
    /// <summary>Name of the graph input; null for other values.</summary>
    public string? Input { get; init; }

    /// <summary>The leaf; null for other values.</summary>
    public LeafPart? Leaf { get; init; }

    /// <summary>The node that makes it; null for other values.</summary>
    public CanonicalNode? Producer { get; init; }

    /// <summary>Index among the outputs of <see cref="Producer"/>.</summary>
    public int Output { get; init; }

    /// <summary>Whether it is a table of which rows are looked up, so that their number says nothing of the architecture.</summary>
    public bool IsTable { get; init; }

    /// <summary>Whether it depends on learned numbers.</summary>
    public bool IsLearned { get; init; }
}
