using System.Text.Json.Nodes;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures.Decoders;

/// <summary>Config of a GPT-2 decoder (defaults: configuration_gpt2.py of transformers 4.57); its fields have names of their own.</summary>
internal sealed record Gpt2Config : DecoderConfig
{
    private static readonly (string Usual, string Own)[] FieldNames =
    [
        ("hidden_size", "n_embd"), ("num_hidden_layers", "n_layer"), ("num_attention_heads", "n_head"), ("intermediate_size", "n_inner"),
        ("max_position_embeddings", "n_positions"),
    ];

    public override string ModelType => "gpt2";

    public override bool HasInputFirstWeights => true;

    /// <summary>ε of the layer normalisation.</summary>
    public double LayerNormEpsilon { get; init; } = 1e-5;

    /// <summary>Whether scores are divided by the root of a head's width.</summary>
    public bool ScaleAttnWeights { get; init; } = true;

    /// <summary>Whether scores of layer i are divided by i + 1 as well.</summary>
    public bool ScaleAttnByInverseLayerIdx { get; init; }

    /// <summary>Whether the layers read an encoder, too, which is not built.</summary>
    public bool AddCrossAttention { get; init; }

    internal override string ModelClass => "GPT2Model";

    public static Gpt2Config Read(ConfigReader json)
    {
        int hidden = json.Needed("n_embd", "hidden_size");
        return new Gpt2Config
        {
            VocabSize = json.Size("vocab_size", 50257),
            HiddenSize = hidden,
            NumHiddenLayers = json.Size("n_layer", 12, alias: "num_hidden_layers"),
            NumAttentionHeads = json.Size("n_head", 12, alias: "num_attention_heads"),
            IntermediateSize = json.Size("n_inner", (int)Math.Min(4L * hidden, int.MaxValue)),
            MaxPositionEmbeddings = json.Size("n_positions", 1024, alias: "max_position_embeddings"),
            HiddenAct = json.Text("activation_function", "gelu_new"),
            LayerNormEpsilon = json.Number("layer_norm_epsilon", 1e-5),
            ScaleAttnWeights = json.Flag("scale_attn_weights", true),
            ScaleAttnByInverseLayerIdx = json.Flag("scale_attn_by_inverse_layer_idx"),
            AddCrossAttention = json.Flag("add_cross_attention"),
            TieWordEmbeddings = json.Flag("tie_word_embeddings", true),
            InitializerRange = json.Number("initializer_range", 0.02),
            PadTokenId = json.Id("pad_token_id"),
            BosTokenId = json.Id("bos_token_id"),
            EosTokenId = json.Id("eos_token_id"),
            Attention = json.Attention(),
        };
    }

    internal override IEnumerable<string> GraphFaults() => CommonFaults().Select(UnderOwnName).Concat(Faults(
        (
            NumAttentionHeads > 0 && HiddenSize % NumAttentionHeads != 0,
            "n_embd", $"a multiple of n_head ({NumAttentionHeads})", HiddenSize),
        (LayerNormEpsilon <= 0, "layer_norm_epsilon", "a number above 0", LayerNormEpsilon),
        (AddCrossAttention, "add_cross_attention", "false, the only value that is built", "true"),
        (!ActivationFunctions.IsKnown(HiddenAct), "activation_function", ActivationFunctions.Needs, HiddenAct)));

    private static string UnderOwnName(string fault) =>
        FieldNames.Aggregate(fault, (text, name) => text.Replace($"config: {name.Usual} ", $"config: {name.Own} ", StringComparison.Ordinal));

    private protected override void Write(JsonObject json)
    {
        base.Write(json);
        json["n_embd"] = HiddenSize;
        json["n_layer"] = NumHiddenLayers;
        json["n_head"] = NumAttentionHeads;
        json["n_inner"] = IntermediateSize;
        json["n_positions"] = MaxPositionEmbeddings;
        json["activation_function"] = HiddenAct;
        json["layer_norm_epsilon"] = LayerNormEpsilon;
        json["scale_attn_weights"] = ScaleAttnWeights;
        json["scale_attn_by_inverse_layer_idx"] = ScaleAttnByInverseLayerIdx;
        json["attn_pdrop"] = 0;
        json["embd_pdrop"] = 0;
        json["resid_pdrop"] = 0;
    }
}
