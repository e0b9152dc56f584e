using System.Text.Json.Nodes;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Packages;

/// <summary>
/// What a Hugging Face <c>config.json</c> says of an architecture, under its names. A type of model that is not built here is read as
/// <see cref="OtherConfig"/>: its ONNX graph can be used and merged all the same.
/// </summary>
public abstract record ModelConfig
{
    /// <summary>Name of the file in a model package.</summary>
    public const string FileName = "config.json";

    private const int Most = 1 << 30;

    /// <summary>Kind of architecture, such as <c>bert</c>.</summary>
    public abstract string ModelType { get; }

    /// <summary>Tokens of the vocabulary, rows of the token table.</summary>
    public int VocabSize { get; init; }

    /// <summary>H, the width of a hidden state and of an embedding.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Transformer layers.</summary>
    public int NumHiddenLayers { get; init; }

    /// <summary>Attention heads.</summary>
    public int NumAttentionHeads { get; init; }

    /// <summary>Width between the two matrices of the feed-forward block.</summary>
    public int IntermediateSize { get; init; }

    /// <summary>The longest sequence in tokens.</summary>
    public int MaxPositionEmbeddings { get; init; }

    /// <summary>Activation of the feed-forward block.</summary>
    public string HiddenAct { get; init; } = "";

    /// <summary>Standard deviation of fresh weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Token that fills a batch; null where there is none.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>Reads a file; all wrong values of it are reported together.</summary>
    /// <exception cref="DataException">The file is missing, is no JSON, or has wrong values.</exception>
    public static ModelConfig Load(string path) => Read(JsonField.Read(path));

    /// <summary>The config as the text of a <c>config.json</c>.</summary>
    public string ToJson()
    {
        JsonObject json = new();
        Write(json);
        return JsonText.Of(json);
    }

    /// <summary>Why no graph can be built from the config, one line each; empty where one can.</summary>
    internal abstract IEnumerable<string> GraphFaults();

    private protected static IEnumerable<string> Faults(params (bool Wrong, string Name, string Needs, object? Got)[] rules) => rules
        .Where(rule => rule.Wrong)
        .Select(rule => FormattableString.Invariant($"config: {rule.Name} needs {rule.Needs}, got {rule.Got}"));

    private protected IEnumerable<string> CommonFaults() => Faults(
        (VocabSize < 1, "vocab_size", "1 or more", VocabSize),
        (HiddenSize < 1, "hidden_size", "1 or more", HiddenSize),
        (NumHiddenLayers < 1, "num_hidden_layers", "1 or more", NumHiddenLayers),
        (NumAttentionHeads < 1, "num_attention_heads", "1 or more", NumAttentionHeads),
        (IntermediateSize < 1, "intermediate_size", "1 or more", IntermediateSize),
        (MaxPositionEmbeddings < 1, "max_position_embeddings", "1 or more", MaxPositionEmbeddings));

    private protected virtual void Write(JsonObject json)
    {
        json["model_type"] = ModelType;
        json["vocab_size"] = VocabSize;
        json["hidden_size"] = HiddenSize;
        json["num_hidden_layers"] = NumHiddenLayers;
        json["num_attention_heads"] = NumAttentionHeads;
        json["intermediate_size"] = IntermediateSize;
        json["max_position_embeddings"] = MaxPositionEmbeddings;
        json["hidden_act"] = HiddenAct;
        json["initializer_range"] = InitializerRange;
        json["pad_token_id"] = PadTokenId;
        json["torch_dtype"] = "float32";
    }

    internal static ModelConfig Read(JsonField json)
    {
        FaultList faults = new();
        string type = faults.Value(() => json["model_type"].AsString(), "");
        int Size(string name, int fallback, int least = 1) => faults.Value(() => json[name].Int32Or(fallback, least, Most), fallback);
        int Needed(string name) => faults.Value(() => json[name].AsInt32(1, Most), 1);
        double Number(string name, double fallback) => faults.Value(() => json[name].DoubleOr(fallback), fallback);
        bool Flag(string name) => faults.Value(() => json[name].BooleanOr(false), false);
        string Text(string name, string fallback) => faults.Value(() => json[name].StringOr(fallback), fallback);
        int? Id(string name) => json[name].IsNumber ? faults.Value(() => json[name].AsInt32(0, Most), 0) : null;

        // Defaults are those of transformers 4.57: configuration_bert.py and configuration_llama.py.
        ModelConfig config = type switch
        {
            "bert" => new BertConfig
            {
                VocabSize = Size("vocab_size", 30522),
                HiddenSize = Needed("hidden_size"),
                NumHiddenLayers = Needed("num_hidden_layers"),
                NumAttentionHeads = Size("num_attention_heads", 12),
                IntermediateSize = Size("intermediate_size", 3072),
                MaxPositionEmbeddings = Size("max_position_embeddings", 512),
                TypeVocabSize = Size("type_vocab_size", 2),
                LayerNormEps = Number("layer_norm_eps", 1e-12),
                HiddenAct = Text("hidden_act", "gelu"),
                PositionEmbeddingType = Text("position_embedding_type", "absolute"),
                InitializerRange = Number("initializer_range", 0.02),
                PadTokenId = Id("pad_token_id"),
            },
            "llama" => new LlamaConfig
            {
                VocabSize = Size("vocab_size", 32000),
                HiddenSize = Needed("hidden_size"),
                NumHiddenLayers = Needed("num_hidden_layers"),
                NumAttentionHeads = Size("num_attention_heads", 32),
                NumKeyValueHeads = Size("num_key_value_heads", Size("num_attention_heads", 32)),
                HeadDim = Size("head_dim", Math.Max(1, Needed("hidden_size") / Size("num_attention_heads", 32))),
                IntermediateSize = Size("intermediate_size", 11008),
                MaxPositionEmbeddings = Size("max_position_embeddings", 2048),
                RmsNormEps = Number("rms_norm_eps", 1e-6),
                RopeTheta = Number("rope_theta", 10000),
                HasRopeScaling = json["rope_scaling"].Exists,
                TieWordEmbeddings = Flag("tie_word_embeddings"),
                AttentionBias = Flag("attention_bias"),
                MlpBias = Flag("mlp_bias"),
                HiddenAct = Text("hidden_act", "silu"),
                InitializerRange = Number("initializer_range", 0.02),
                PadTokenId = Id("pad_token_id"),
                BosTokenId = Id("bos_token_id"),
                EosTokenId = Id("eos_token_id"),
            },
            _ => new OtherConfig(type)
            {
                HiddenSize = Needed("hidden_size"),
                NumHiddenLayers = Size("num_hidden_layers", 0, 0),
                VocabSize = Size("vocab_size", 0, 0),
                MaxPositionEmbeddings = Size("max_position_embeddings", 0, 0),
                PadTokenId = Id("pad_token_id"),
            },
        };
        faults.ThrowIfAny();
        return config;
    }
}
