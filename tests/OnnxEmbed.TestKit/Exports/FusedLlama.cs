using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Decoders;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.TestKit.Exports;

/// <summary>
/// A Llama in the fused operators of ONNX Runtime, as its model builder writes one: GroupQueryAttention that turns queries and keys,
/// SkipSimplifiedLayerNormalization, caches of earlier tokens as inputs. Texts are padded at the right.
/// </summary>
/// <param name="config">A Llama whose heads are a multiple of 16 wide, as the kernel asks.</param>
/// <param name="weights">Its weights.</param>
public sealed class FusedLlama(LlamaConfig config, TensorSource weights)
{
    private const string Microsoft = "com.microsoft";

    private readonly ProtoGraph _graph = new(17);

    /// <summary>Whether caches of earlier tokens are inputs, and those of these are outputs.</summary>
    public bool HasCache { get; init; }

    /// <summary>Whether weights of linear layers are 4-bit numbers in blocks of 32.</summary>
    public bool FourBits { get; init; }

    /// <summary>The model.</summary>
    public OnnxModel Build()
    {
        string ids = _graph.Input("input_ids", ElementType.Int64, "batch_size", "sequence_length");
        string mask = _graph.Input("attention_mask", ElementType.Int64, "batch_size", HasCache ? "total_sequence_length" : "sequence_length");
        string count = _graph.Node("ReduceSum", [mask, _graph.Ints(1)], ("keepdims", 0));
        string lengths = _graph.Node("Cast", [_graph.Node("Sub", [count, _graph.Int(1)])], ("to", ElementType.Int32));
        string total = _graph.Node("Cast", [_graph.Node("Gather", [_graph.Node("Shape", [mask]), _graph.Int(1)], ("axis", 0))], ("to", ElementType.Int32));
        (string cos, string sin) = Tables();
        string residual = _graph.Node("Gather", [_graph.Constant("embed_tokens.weight", weights("embed_tokens.weight", [config.VocabSize, config.HiddenSize])), ids]);
        string x = _graph.Node("", "SimplifiedLayerNormalization", [residual, Scale("layers.0.input_layernorm")], 1, ("epsilon", config.RmsNormEps), ("axis", -1))[0];
        for (int layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            string name = $"layers.{layer}";
            string attended = Attention(x, name, layer, lengths, total, cos, sin);
            (x, residual) = Norm(residual, attended, $"{name}.post_attention_layernorm");
            string gate = Linear(x, $"{name}.mlp.gate_proj", config.HiddenSize, config.IntermediateSize);
            string up = Linear(x, $"{name}.mlp.up_proj", config.HiddenSize, config.IntermediateSize);
            string product = _graph.Node("Mul", [_graph.Node("Mul", [gate, _graph.Node("Sigmoid", [gate])]), up]);
            string narrow = Linear(product, $"{name}.mlp.down_proj", config.IntermediateSize, config.HiddenSize);
            (x, residual) = Norm(residual, narrow, layer + 1 < config.NumHiddenLayers ? $"layers.{layer + 1}.input_layernorm" : "norm");
        }

        _graph.Output(_graph.Alias(x, "hidden_states"), ElementType.Float32, "batch_size", "sequence_length", config.HiddenSize);
        return _graph.Build();
    }

    private string Attention(string x, string name, int layer, string lengths, string total, string cos, string sin)
    {
        long width = config.HeadDim, groups = config.NumKeyValueHeads;
        string query = Linear(x, $"{name}.self_attn.q_proj", config.HiddenSize, config.NumAttentionHeads * width);
        string key = Linear(x, $"{name}.self_attn.k_proj", config.HiddenSize, groups * width);
        string value = Linear(x, $"{name}.self_attn.v_proj", config.HiddenSize, groups * width);
        string Past(string kind) => HasCache
            ? _graph.Input($"past_key_values.{layer}.{kind}", ElementType.Float32, "batch_size", groups, "past_sequence_length", width)
            : "";
        string[] outputs = _graph.Node(
            Microsoft,
            "GroupQueryAttention",
            [query, key, value, Past("key"), Past("value"), lengths, total, cos, sin],
            3,
            ("num_heads", config.NumAttentionHeads),
            ("kv_num_heads", groups),
            ("do_rotary", 1));
        if (HasCache)
        {
            _graph.Output(_graph.Alias(outputs[1], $"present.{layer}.key"), ElementType.Float32, "batch_size", groups, "total_sequence_length", width);
            _graph.Output(_graph.Alias(outputs[2], $"present.{layer}.value"), ElementType.Float32, "batch_size", groups, "total_sequence_length", width);
        }

        return Linear(outputs[0], $"{name}.self_attn.o_proj", config.NumAttentionHeads * width, config.HiddenSize);
    }

    private (string Normalized, string Sum) Norm(string residual, string x, string module)
    {
        string[] outputs = _graph.Node(
            Microsoft, "SkipSimplifiedLayerNormalization", [residual, x, Scale(module)], 4, ("epsilon", config.RmsNormEps));
        return (outputs[0], outputs[3]);
    }

    private string Linear(string x, string module, long inputs, long outputs)
    {
        if (FourBits)
        {
            return FourBitLinear(x, module, (int)inputs, (int)outputs);
        }

        string weight = _graph.Constant($"{module}.weight", weights($"{module}.weight", [outputs, inputs]));
        return _graph.Node(Microsoft, "FusedMatMul", [x, weight], 1, ("transB", 1), ("alpha", 1.0))[0];
    }

    // Codes 0 to 15 around 8, the even one of a pair in the low half of a byte.
    private string FourBitLinear(string x, string module, int inputs, int outputs)
    {
        const int Block = 32;
        int blocks = (inputs + Block - 1) / Block;
        float[] values = weights($"{module}.weight", [outputs, inputs]).ToArray<float>();
        byte[] codes = new byte[outputs * blocks * Block / 2];
        float[] scales = new float[outputs * blocks];
        for (int block = 0; block < scales.Length; block++)
        {
            int row = block / blocks, start = block % blocks * Block, count = Math.Min(Block, inputs - start);
            ReadOnlySpan<float> part = values.AsSpan((row * inputs) + start, count);
            foreach (float value in part)
            {
                scales[block] = Math.Max(scales[block], Math.Abs(value) / 7);
            }

            for (int i = 0; i < Block; i++)
            {
                int code = i < count ? (int)Math.Round(part[i] / scales[block]) + 8 : 8;
                codes[((block * Block) + i) / 2] |= (byte)(code << (i % 2 * 4));
            }
        }

        return _graph.Node(
            Microsoft,
            "MatMulNBits",
            [
                x,
                _graph.Constant($"{module}.weight_Q4", TensorData.From<byte>(codes, outputs, blocks, Block / 2)),
                _graph.Constant($"{module}.weight_scales", TensorData.From<float>(scales, outputs, blocks)),
            ],
            1,
            ("K", inputs),
            ("N", outputs),
            ("bits", 4),
            ("block_size", Block))[0];
    }

    private string Scale(string module) => _graph.Constant($"{module}.weight", weights($"{module}.weight", [config.HiddenSize]));

    private (string Cos, string Sin) Tables()
    {
        int half = config.HeadDim / 2;
        double Angle(int i) => i / half * Math.Pow(config.RopeTheta, -2.0 * (i % half) / config.HeadDim);
        IEnumerable<int> all = Enumerable.Range(0, config.MaxPositionEmbeddings * half);
        return (
            _graph.Constant("cos_cache", TensorData.From<float>([.. all.Select(i => (float)Math.Cos(Angle(i)))], config.MaxPositionEmbeddings, half)),
            _graph.Constant("sin_cache", TensorData.From<float>([.. all.Select(i => (float)Math.Sin(Angle(i)))], config.MaxPositionEmbeddings, half)));
    }
}
