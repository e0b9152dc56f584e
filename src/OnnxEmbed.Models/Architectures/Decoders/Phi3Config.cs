using System.Text.Json.Nodes;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures.Decoders;

/// <summary>Config of a Phi-3 decoder (defaults: configuration_phi3.py of transformers 4.57).</summary>
internal sealed record Phi3Config : GroupedQueryConfig
{
    public override string ModelType => "phi3";

    /// <summary>The longest text that the model was first trained on.</summary>
    public int OriginalMaxPositionEmbeddings { get; init; }

    internal override string ModelClass => "Phi3Model";

    private protected override bool TurnsPartly => true;

    public static Phi3Config Read(ConfigReader json)
    {
        int hidden = json.Needed("hidden_size");
        int heads = json.Size("num_attention_heads", 32);
        return new Phi3Config
        {
            VocabSize = json.Size("vocab_size", 32064),
            HiddenSize = hidden,
            NumHiddenLayers = json.Size("num_hidden_layers", 32),
            NumAttentionHeads = heads,
            NumKeyValueHeads = json.Size("num_key_value_heads", heads),
            HeadDim = json.Size("head_dim", Math.Max(1, hidden / heads)),
            IntermediateSize = json.Size("intermediate_size", 8192),
            MaxPositionEmbeddings = json.Size("max_position_embeddings", 4096),
            OriginalMaxPositionEmbeddings = json.Size("original_max_position_embeddings", 4096),
            RmsNormEps = json.Number("rms_norm_eps", 1e-5),
            RopeTheta = ReadTheta(json, 10000),
            RopeScaling = ReadScaling(json),
            PartialRotaryFactor = ReadPartial(json),
            SlidingWindow = json.SizeOrNull("sliding_window"),
            TieWordEmbeddings = json.Flag("tie_word_embeddings"),
            HiddenAct = json.Text("hidden_act", "silu"),
            InitializerRange = json.Number("initializer_range", 0.02),
            PadTokenId = json.Id("pad_token_id"),
            BosTokenId = json.Id("bos_token_id"),
            EosTokenId = json.Id("eos_token_id"),
            Attention = json.Attention(),
        };
    }

    private protected override void Write(JsonObject json)
    {
        base.Write(json);
        json["original_max_position_embeddings"] = OriginalMaxPositionEmbeddings;
        json["partial_rotary_factor"] = PartialRotaryFactor;
        WriteWindow(json);
    }
}
