using System.Text.Json.Nodes;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures.Decoders;

/// <summary>Config of a Mistral decoder (defaults: configuration_mistral.py of transformers 4.57): Llama whose layers all slide.</summary>
internal sealed record MistralConfig : GroupedQueryConfig
{
    public override string ModelType => "mistral";

    internal override string ModelClass => "MistralModel";

    internal static MistralConfig Read(ConfigReader json)
    {
        int hidden = json.Needed("hidden_size");
        int heads = json.Size("num_attention_heads", 32);
        return new MistralConfig
        {
            VocabSize = json.Size("vocab_size", 32000),
            HiddenSize = hidden,
            NumHiddenLayers = json.Size("num_hidden_layers", 32),
            NumAttentionHeads = heads,
            NumKeyValueHeads = json.Size("num_key_value_heads", 8),
            HeadDim = json.Size("head_dim", Math.Max(1, hidden / heads)),
            IntermediateSize = json.Size("intermediate_size", 14336),
            MaxPositionEmbeddings = json.Size("max_position_embeddings", 131072),
            RmsNormEps = json.Number("rms_norm_eps", 1e-6),
            RopeTheta = ReadTheta(json, 10000),
            RopeScaling = ReadScaling(json),
            PartialRotaryFactor = ReadPartial(json),
            SlidingWindow = ReadWindow(json, 4096),
            LayerTypes = json.TextsOrNull("layer_types"),
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
        WriteWindow(json);
    }
}
