using System.Text.Json.Nodes;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures.Decoders;

/// <summary>What the configs of language models have in common.</summary>
public abstract record DecoderConfig : ModelConfig
{
    /// <summary>A causal decoder.</summary>
    protected DecoderConfig() => Attention = AttentionKind.Causal;

    /// <inheritdoc/>
    public override bool IsDecoder => true;

    /// <summary>Whether the output head is the token table.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Token that begins a text; null where there is none.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Token that ends a text; null where there is none or a list of them.</summary>
    public int? EosTokenId { get; init; }

    /// <summary>Name of the class of transformers that has these parameters.</summary>
    internal abstract string ModelClass { get; }

    /// <summary>Name of the output head's matrix where it is not tied.</summary>
    internal virtual string HeadTable => "lm_head.weight";

    /// <summary>c in c · tanh(logits / c); null for none.</summary>
    internal virtual double? LogitSoftCap => null;

    private protected override void Write(JsonObject json)
    {
        json["architectures"] = new JsonArray(ModelClass);
        base.Write(json);
        json["tie_word_embeddings"] = TieWordEmbeddings;
        json["attention_dropout"] = 0;
        json["bos_token_id"] = BosTokenId;
        json["eos_token_id"] = EosTokenId;
    }
}
