using OnnxEmbed.Models.Architectures;

namespace OnnxEmbed.Models.Packages;

/// <summary>Config of a model whose graph is not built here and comes with its package.</summary>
/// <param name="Type">Its <c>model_type</c>.</param>
public sealed record OtherConfig(string Type) : ModelConfig
{
    /// <inheritdoc/>
    public override string ModelType => Type;

    internal static OtherConfig Read(ConfigReader json) => new(json.ModelType)
    {
        HiddenSize = json.Needed("hidden_size"),
        NumHiddenLayers = json.Size("num_hidden_layers", 0, 0),
        VocabSize = json.Size("vocab_size", 0, 0),
        MaxPositionEmbeddings = json.Size("max_position_embeddings", 0, 0),
        PadTokenId = json.Id("pad_token_id"),
    };

    internal override IEnumerable<string> GraphFaults() => [KnownArchitectures.NotBuilt(Type)];
}
