using System.Text.Json.Nodes;
using OnnxEmbed.Models.Architectures;
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

    /// <summary>Rows of the position table, or the longest sequence that the model was trained on.</summary>
    public int MaxPositionEmbeddings { get; init; }

    /// <summary>The longest sequence in tokens; 0 where the config does not say.</summary>
    public virtual int MaxSequenceLength => MaxPositionEmbeddings;

    /// <summary>Activation of the feed-forward block.</summary>
    public string HiddenAct { get; init; } = "";

    /// <summary>Standard deviation of fresh weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Token that fills a batch; null where there is none.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>Which tokens a token reads.</summary>
    public AttentionKind Attention { get; init; } = AttentionKind.Bidirectional;

    /// <summary>Whether the model was trained to predict the next token, so that its attention may be causal.</summary>
    public virtual bool IsDecoder => false;

    /// <summary>Whether the graph has an input <c>token_type_ids</c>.</summary>
    public virtual bool TakesTokenTypes => false;

    /// <summary>Whether its Hugging Face class holds the weights of linear layers as [in, out], as GPT-2 does, and not as [out, in].</summary>
    public virtual bool HasInputFirstWeights => false;

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

    internal static IEnumerable<string> Faults(params (bool Wrong, string Name, string Needs, object? Got)[] rules) => rules
        .Where(rule => rule.Wrong)
        .Select(rule => FormattableString.Invariant($"config: {rule.Name} needs {rule.Needs}, got {rule.Got}"));

    // The upper bounds lie far above every published model; products of them fit 32 bits, and a hostile config cannot ask for endless layers.
    private protected IEnumerable<string> CommonFaults()
    {
        static (bool, string, string, object?) InRange(string name, int value, int most) =>
            (value < 1 || value > most, name, FormattableString.Invariant($"a number in [1, {most}]"), value);
        return Faults(
            InRange("vocab_size", VocabSize, 1 << 28),
            InRange("hidden_size", HiddenSize, 1 << 20),
            InRange("num_hidden_layers", NumHiddenLayers, 4096),
            InRange("num_attention_heads", NumAttentionHeads, 8192),
            InRange("intermediate_size", IntermediateSize, 1 << 22),
            InRange("max_position_embeddings", MaxPositionEmbeddings, 1 << 30));
    }

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
        if (IsDecoder && Attention == AttentionKind.Bidirectional)
        {
            json["is_causal"] = false;
        }
    }

    internal static ModelConfig Read(JsonField json)
    {
        FaultList faults = new();
        ConfigReader reader = new(json, faults);
        ModelConfig config = KnownArchitectures.Find(reader.ModelType)?.Read(reader) ?? OtherConfig.Read(reader);
        faults.ThrowIfAny();
        return config;
    }
}
