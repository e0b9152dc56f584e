using System.Text;
using System.Text.Json.Nodes;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Decoders;
using OnnxEmbed.Models.Architectures.Encoders;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.TestKit.Models;

/// <summary>Models of two layers, hidden size 8 and a vocabulary of 14, built in code, with weights that leave no term near zero.</summary>
public static class TinyModels
{
    /// <summary>Tokens of the vocabulary.</summary>
    public const int VocabularySize = 14;

    /// <summary>Width of hidden states and embeddings.</summary>
    public const int HiddenSize = 8;

    /// <summary>A BERT of two heads.</summary>
    public static BertConfig Bert { get; } = new()
    {
        VocabSize = VocabularySize,
        HiddenSize = HiddenSize,
        NumHiddenLayers = 2,
        NumAttentionHeads = 2,
        IntermediateSize = 12,
        MaxPositionEmbeddings = 16,
        TypeVocabSize = 2,
        HiddenAct = "gelu",
        PadTokenId = 0,
    };

    /// <summary>A Llama of four heads in two groups.</summary>
    public static LlamaConfig Llama { get; } = new()
    {
        VocabSize = VocabularySize,
        HiddenSize = HiddenSize,
        NumHiddenLayers = 2,
        NumAttentionHeads = 4,
        NumKeyValueHeads = 2,
        HeadDim = 2,
        IntermediateSize = 12,
        MaxPositionEmbeddings = 16,
        HiddenAct = "silu",
        PadTokenId = 0,
    };

    /// <summary>
    /// A decoder of any family with all that distinguishes it: windows shorter than the texts, soft caps, stretched positions, key/value
    /// groups, a part of each head turned.
    /// </summary>
    public static ModelConfig Decoder(string modelType)
    {
        JsonObject json = new()
        {
            ["model_type"] = modelType,
            ["vocab_size"] = VocabularySize,
            ["hidden_size"] = HiddenSize,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = modelType is "phi3" or "gpt_neox" ? 2 : 4,
            ["num_key_value_heads"] = modelType == "phi3" ? 1 : 2,
            ["head_dim"] = 4,
            ["intermediate_size"] = 12,
            ["max_position_embeddings"] = 16,
            ["sliding_window"] = 2,
            ["pad_token_id"] = 0,
        };
        JsonObject fields = JsonNode.Parse(modelType switch
        {
            "mistral" => """{"rope_scaling":{"rope_type":"yarn","factor":4}}""",
            "qwen2" => """{"use_sliding_window":true,"max_window_layers":1}""",
            "qwen3" => """{"attention_bias":true}""",
            "gemma2" => """{"query_pre_attn_scalar":3,"attn_logit_softcapping":2,"final_logit_softcapping":3}""",
            "gemma3_text" => """{"query_pre_attn_scalar":3,"sliding_window_pattern":2,"use_bidirectional_attention":true,"sliding_window":2}""",
            "phi3" => """{"partial_rotary_factor":0.5,"original_max_position_embeddings":3,"rope_scaling":{"type":"longrope","short_factor":[1.5],"long_factor":[3]}}""",
            "gpt2" => """{"scale_attn_by_inverse_layer_idx":true}""",
            "gpt_neox" => """{"rotary_pct":0.5}""",
            _ => throw new ArgumentOutOfRangeException(nameof(modelType), modelType, "unknown"),
        })!.AsObject();
        foreach ((string name, JsonNode? value) in fields)
        {
            json[name] = value?.DeepClone();
        }

        return ModelConfig.Read(JsonField.Parse(modelType, Encoding.UTF8.GetBytes(json.ToJsonString())));
    }

    /// <summary>An encoder of two layers and two heads, with the traits of its architecture within its reach.</summary>
    public static ModelConfig Encoder(string modelType)
    {
        JsonObject json = new()
        {
            ["model_type"] = modelType,
            ["vocab_size"] = VocabularySize,
            ["hidden_size"] = HiddenSize,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 2,
            ["intermediate_size"] = 12,
            ["max_position_embeddings"] = 16,
            ["pad_token_id"] = 0,
            ["embedding_size"] = 6,
            ["relative_attention_num_buckets"] = 8,
            ["global_attn_every_n_layers"] = 2,
            ["local_attention"] = 2,
        };
        return ModelConfig.Read(JsonField.Parse(modelType, Encoding.UTF8.GetBytes(json.ToJsonString())));
    }

    /// <summary>Normal weights of deviation 0.3; biases and scales are moved off 0 and 1 too.</summary>
    public static TensorSource Weights(ModelConfig config, ulong seed = 7)
    {
        TensorSource matrices = SeededWeights.For(config with { InitializerRange = 0.3, PadTokenId = null }, seed);
        return (name, shape) =>
        {
            float[] values = matrices(name, shape.Length == 1 ? [shape[0], 1] : shape).ToSingles();
            float offset = shape.Length == 1 && name.EndsWith(".weight", StringComparison.Ordinal) ? 1 : 0;
            return TensorData.From<float>(Array.ConvertAll(values, value => value + offset), shape);
        };
    }

    /// <summary>Inputs of an encoder: tokens padded with 0 at the right to the longest row, the mask, and segments where it has them.</summary>
    public static Dictionary<string, TensorData> Batch(ModelConfig config, params long[][] rows)
    {
        int length = rows.Max(row => row.Length);
        long[] shape = [rows.Length, length];
        long[] ids = [.. rows.SelectMany(row => row.Concat(new long[length - row.Length]))];
        long[] mask = [.. rows.SelectMany(row => Enumerable.Range(0, length).Select(i => i < row.Length ? 1L : 0L))];
        Dictionary<string, TensorData> inputs = new()
        {
            [EncoderInputs.InputIdsName] = TensorData.From<long>(ids, shape),
            [EncoderInputs.AttentionMaskName] = TensorData.From<long>(mask, shape),
        };
        if (config.TakesTokenTypes)
        {
            inputs[EncoderInputs.TokenTypeIdsName] = TensorData.From<long>([.. ids.Select((_, i) => i % length > 1 ? 1L : 0L)], shape);
        }

        return inputs;
    }
}
