using System.Text.Json.Nodes;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures.Decoders;

/// <summary>
/// Config of a Qwen2 or Qwen3 decoder (defaults: configuration_qwen2.py and configuration_qwen3.py of transformers 4.57). Qwen2 is Llama
/// with biases on queries, keys and values; Qwen3 has none and normalises the heads instead.
/// </summary>
internal sealed record QwenConfig : GroupedQueryConfig
{
    private const string Second = "qwen2";

    private const string Third = "qwen3";

    private readonly bool _isThird;

    private QwenConfig(bool isThird) => _isThird = isThird;

    public override string ModelType => _isThird ? Third : Second;

    /// <summary>The first layer that slides where the config has a window.</summary>
    public int MaxWindowLayers { get; init; }

    internal override string ModelClass => _isThird ? "Qwen3Model" : "Qwen2Model";

    internal override bool HasInputBias => !_isThird || AttentionBias;

    internal override bool HasOutputBias => _isThird && AttentionBias;

    internal override bool NormalizesHeads => _isThird;

    public static QwenConfig Read(ConfigReader json)
    {
        bool third = json.ModelType == Third;
        int hidden = json.Needed("hidden_size");
        int heads = json.Size("num_attention_heads", 32);
        return new QwenConfig(third)
        {
            VocabSize = json.Size("vocab_size", 151936),
            HiddenSize = hidden,
            NumHiddenLayers = json.Size("num_hidden_layers", 32),
            NumAttentionHeads = heads,
            NumKeyValueHeads = json.Size("num_key_value_heads", heads),
            HeadDim = json.Size("head_dim", third ? 128 : Math.Max(1, hidden / heads)),
            IntermediateSize = json.Size("intermediate_size", 22016),
            MaxPositionEmbeddings = json.Size("max_position_embeddings", 32768),
            RmsNormEps = json.Number("rms_norm_eps", 1e-6),
            RopeTheta = ReadTheta(json, 10000),
            RopeScaling = ReadScaling(json),
            PartialRotaryFactor = ReadPartial(json),
            SlidingWindow = json.Flag("use_sliding_window") ? ReadWindow(json, 4096) : null,
            MaxWindowLayers = json.Size("max_window_layers", 28, 0),
            LayerTypes = json.TextsOrNull("layer_types"),
            TieWordEmbeddings = json.Flag("tie_word_embeddings"),
            AttentionBias = third && json.Flag("attention_bias"),
            HiddenAct = json.Text("hidden_act", "silu"),
            InitializerRange = json.Number("initializer_range", 0.02),
            PadTokenId = json.Id("pad_token_id"),
            BosTokenId = json.Id("bos_token_id"),
            EosTokenId = json.Id("eos_token_id"),
            Attention = json.Attention(),
        };
    }

    private protected override bool SlidesByRule(int layer) => layer >= MaxWindowLayers;

    private protected override void Write(JsonObject json)
    {
        base.Write(json);
        json["use_sliding_window"] = SlidingWindow is not null;
        json["max_window_layers"] = MaxWindowLayers;
        WriteWindow(json);
        if (_isThird)
        {
            json["attention_bias"] = AttentionBias;
        }
    }
}
