namespace OnnxEmbed.Models.Packages;

/// <summary>Config of a model whose graph is not built here and comes with its package.</summary>
/// <param name="Type">Its <c>model_type</c>.</param>
public sealed record OtherConfig(string Type) : ModelConfig
{
    /// <inheritdoc/>
    public override string ModelType => Type;

    internal override IEnumerable<string> GraphFaults() => [$"config: model_type needs bert or llama, the ones that are built, got {Type}"];
}
