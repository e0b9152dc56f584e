using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Encoders;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.TestKit.Exports;

/// <summary>
/// A BERT in the fused operators of ONNX Runtime, as its transformer optimiser writes one: EmbedLayerNormalization, Attention with packed
/// weights, SkipLayerNormalization, BiasGelu or FastGelu.
/// </summary>
public sealed class FusedBert(BertConfig config, TensorSource weights)
{
    private const string Microsoft = "com.microsoft";

    private readonly ProtoGraph _graph = new(14);

    /// <summary>The model.</summary>
    public OnnxModel Build()
    {
        string Input(string name) => _graph.Node("Cast", [_graph.Input(name, ElementType.Int64, "batch_size", "sequence_length")], ("to", ElementType.Int32));
        string ids = Input("input_ids"), types = Input("token_type_ids"), mask = Input("attention_mask");
        string[] embedded = _graph.Node(
            Microsoft,
            "EmbedLayerNormalization",
            [
                ids,
                types,
                Table("embeddings.word_embeddings.weight", config.VocabSize),
                Table("embeddings.position_embeddings.weight", config.MaxPositionEmbeddings),
                Table("embeddings.token_type_embeddings.weight", config.TypeVocabSize),
                Vector("embeddings.LayerNorm.weight"),
                Vector("embeddings.LayerNorm.bias"),
                mask,
            ],
            2,
            ("epsilon", config.LayerNormEps));
        string x = embedded[0];
        for (int layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            // Padding at the right: the number of tokens of each text, which the node before counts, serves as the mask of every other layer.
            x = Layer(x, layer % 2 == 0 ? mask : embedded[1], $"encoder.layer.{layer}");
        }

        _graph.Output(_graph.Alias(x, "last_hidden_state"), ElementType.Float32, "batch_size", "sequence_length", config.HiddenSize);
        return _graph.Build();
    }

    private string Layer(string x, string mask, string name)
    {
        string[] parts = ["query", "key", "value"];
        TensorData[] matrices = [.. parts.Select(part => weights($"{name}.attention.self.{part}.weight", [config.HiddenSize, config.HiddenSize]))];
        float[] packed = [.. Enumerable.Range(0, config.HiddenSize).SelectMany(input =>
            matrices.SelectMany(matrix => Enumerable.Range(0, config.HiddenSize).Select(output => matrix.ToArray<float>()[(output * config.HiddenSize) + input])))];
        float[] bias = [.. parts.SelectMany(part => weights($"{name}.attention.self.{part}.bias", [config.HiddenSize]).ToArray<float>())];
        string weight = _graph.Constant($"{name}.qkv_weight", TensorData.From<float>(packed, config.HiddenSize, 3 * config.HiddenSize));
        string context = _graph.Node(
            Microsoft,
            "Attention",
            [x, weight, _graph.Constant($"{name}.qkv_bias", TensorData.From<float>(bias, 3 * config.HiddenSize)), mask],
            1,
            ("num_heads", config.NumAttentionHeads))[0];
        string attended = Product(context, $"{name}.attention.output.dense", config.HiddenSize, config.HiddenSize);
        x = Norm(x, attended, $"{name}.attention.output.dense", $"{name}.attention.output.LayerNorm");
        string inner = Product(x, $"{name}.intermediate.dense", config.HiddenSize, config.IntermediateSize);
        inner = _graph.Node(
            Microsoft, "BiasGelu", [inner, _graph.Constant($"{name}.intermediate.dense.bias", weights($"{name}.intermediate.dense.bias", [config.IntermediateSize]))], 1)[0];
        return Norm(x, Product(inner, $"{name}.output.dense", config.IntermediateSize, config.HiddenSize), $"{name}.output.dense", $"{name}.output.LayerNorm");
    }

    private string Product(string x, string module, long inputs, long outputs) => _graph.Node(
        Microsoft, "FusedMatMul", [x, _graph.Constant($"{module}.weight", weights($"{module}.weight", [outputs, inputs]))], 1, ("transB", 1))[0];

    private string Norm(string residual, string x, string dense, string norm) => _graph.Node(
        Microsoft,
        "SkipLayerNormalization",
        [x, residual, Vector($"{norm}.weight"), Vector($"{norm}.bias"), Vector($"{dense}.bias")],
        1,
        ("epsilon", config.LayerNormEps))[0];

    private string Table(string name, long rows) => _graph.Constant(name, weights(name, [rows, config.HiddenSize]));

    private string Vector(string name) => _graph.Constant(name, weights(name, [config.HiddenSize]));
}
