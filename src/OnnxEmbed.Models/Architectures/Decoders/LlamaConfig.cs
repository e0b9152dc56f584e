using System.Text.Json.Nodes;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures.Decoders;

/// <summary>Config of a Llama decoder (defaults: configuration_llama.py of transformers 4.57).</summary>
public sealed record LlamaConfig : GroupedQueryConfig
{
    /// <inheritdoc/>
    public override string ModelType => "llama";

    /// <summary>Whether the matrices of the feed-forward block have biases.</summary>
    public bool MlpBias { get; init; }

    internal override string ModelClass => "LlamaModel";

    internal override bool HasFeedForwardBias => MlpBias;

    internal static LlamaConfig Read(ConfigReader json)
    {
        int hidden = json.Needed("hidden_size");
        int heads = json.Size("num_attention_heads", 32);
        return new LlamaConfig
        {
            VocabSize = json.Size("vocab_size", 32000),
            HiddenSize = hidden,
            NumHiddenLayers = json.Size("num_hidden_layers", 32),
            NumAttentionHeads = heads,
            NumKeyValueHeads = json.Size("num_key_value_heads", heads),
            HeadDim = json.Size("head_dim", Math.Max(1, hidden / heads)),
            IntermediateSize = json.Size("intermediate_size", 11008),
            MaxPositionEmbeddings = json.Size("max_position_embeddings", 2048),
            RmsNormEps = json.Number("rms_norm_eps", 1e-6),
            RopeTheta = ReadTheta(json, 10000),
            RopeScaling = ReadScaling(json),
            PartialRotaryFactor = ReadPartial(json),
            TieWordEmbeddings = json.Flag("tie_word_embeddings"),
            AttentionBias = json.Flag("attention_bias"),
            MlpBias = json.Flag("mlp_bias"),
            HiddenAct = json.Text("hidden_act", "silu"),
            InitializerRange = json.Number("initializer_range", 0.02),
            PadTokenId = json.Id("pad_token_id"),
            BosTokenId = json.Id("bos_token_id"),
            EosTokenId = json.Id("eos_token_id"),
            Attention = json.Attention(),
        };
    }

    private protected override bool SlidesByRule(int layer) => false;

    private protected override void Write(JsonObject json)
    {
        base.Write(json);
        json["attention_bias"] = AttentionBias;
        json["mlp_bias"] = MlpBias;
    }
}
