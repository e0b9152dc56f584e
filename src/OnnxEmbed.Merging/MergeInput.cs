using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging;

/// <summary>A model that goes into a merge.</summary>
/// <param name="Model">A model package or a bare <c>.onnx</c> file.</param>
public sealed record MergeInput(string Model)
{
    /// <summary>
    /// Adapters that are folded into the model first: directories in PEFT's layout, or training runs that hold one as <c>adapter/</c>.
    /// </summary>
    /// <value>Default none.</value>
    public IReadOnlyList<string> Adapters { get; init; } = [];

    /// <summary>Weight of each adapter's change; empty for 1 each.</summary>
    /// <value>Default empty.</value>
    public IReadOnlyList<double> AdapterWeights { get; init; } = [];

    /// <summary>Weight of the model in a weighted average.</summary>
    /// <value>Default 1.</value>
    public double Weight { get; init; } = 1;

    /// <summary>
    /// Values of the method's parameters for this model as text, by name (density, …). A weight here goes before <see cref="Weight"/>.
    /// </summary>
    /// <value>Default none.</value>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>The layers that the model is stacked from, in their order; the first range's model gives all that is no layer.</summary>
    /// <value>Default none: the model as it is.</value>
    public IReadOnlyList<LayerRange> Layers { get; init; } = [];

    /// <summary>
    /// Reads <c>MODEL</c> or <c>MODEL+ADAPTER</c>, mergekit's way to name a model with an adapter. A path that exists is never split.
    /// </summary>
    /// <exception cref="OptionException">A part is empty.</exception>
    public static MergeInput Parse(string text)
    {
        if (Path.Exists(text) || !text.Contains('+', StringComparison.Ordinal))
        {
            return new MergeInput(text);
        }

        string[] parts = text.Split('+');
        return parts.All(part => part.Length > 0)
            ? new MergeInput(parts[0]) { Adapters = parts[1..] }
            : throw new OptionException($"model: needs MODEL or MODEL+ADAPTER, got '{text}'");
    }

    /// <summary><c>MODEL</c> or <c>MODEL+ADAPTER</c>.</summary>
    public override string ToString() => string.Join('+', Adapters.Prepend(Model));
}
