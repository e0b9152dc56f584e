using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Encoders;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.TestKit.Exports;

/// <summary>
/// A BERT as PyTorch's exporter writes one: products of [B, S, H] with transposed weights under numbered names, heads split by constant
/// shapes, positions cut from a table in the graph. With the weights of a config it computes what our own graph of that config does.
/// </summary>
public sealed class ExportedBert(BertConfig config, TensorSource weights, int opset = 17)
{
    private readonly ProtoGraph _graph = new(opset);
    private string _ids = "";
    private string _mask = "";

    /// <summary>Whether token types are an input; otherwise they are 0 in the graph.</summary>
    public bool TakesTokenTypes { get; init; } = true;

    /// <summary>Whether positions are an input.</summary>
    public bool TakesPositions { get; init; }

    /// <summary>Whether the output is pooled (mean) instead of hidden states.</summary>
    public bool Pools { get; init; }

    /// <summary>Whether there is a pooler after the hidden states, as a second output of rank 2.</summary>
    public bool HasPooler { get; init; }

    /// <summary>Name of the output.</summary>
    public string OutputName { get; init; } = "last_hidden_state";

    /// <summary>Element type of ids and mask.</summary>
    public ElementType IdType { get; init; } = ElementType.Int64;

    /// <summary>Weights of the linear layers as numbers that a DequantizeLinear node makes of int8 ones, rounded.</summary>
    public bool Quantized { get; init; }

    /// <summary>The model.</summary>
    public OnnxModel Build()
    {
        _ids = _graph.Input("input_ids", IdType, "batch", "seq");
        _mask = _graph.Input("attention_mask", IdType, "batch", "seq");
        string x = Embeddings();
        string wide = _graph.Node("Unsqueeze", [_graph.Node("Unsqueeze", [_mask, _graph.Ints(1)]), _graph.Ints(2)]);
        string hidden = _graph.Node("Sub", [_graph.Number(1), _graph.Node("Cast", [wide], ("to", ElementType.Float32))]);
        string added = _graph.Node("Mul", [hidden, _graph.Number(-10000)]);
        for (int layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            x = Layer(x, added, $"encoder.layer.{layer}");
        }

        Finish(x);
        return _graph.Build();
    }

    private void Finish(string x)
    {
        if (Pools)
        {
            string mask = _graph.Node("Cast", [_graph.Node("Unsqueeze", [_mask, _graph.Ints(2)])], ("to", ElementType.Float32));
            string sum = _graph.Node("ReduceSum", [_graph.Node("Mul", [x, mask]), _graph.Ints(1)], ("keepdims", 0));
            string count = _graph.Node("ReduceSum", [mask, _graph.Ints(1)], ("keepdims", 0));
            Name(_graph.Node("Div", [sum, count]), "batch", config.HiddenSize);
            return;
        }

        Name(x, "batch", "seq", config.HiddenSize);
        if (HasPooler)
        {
            string first = _graph.Node("Gather", [OutputName, _graph.Int(0)], ("axis", 1));
            string pooled = _graph.Node("Tanh", [first]);
            _graph.Output(pooled, ElementType.Float32, "batch", config.HiddenSize);
        }
    }

    private void Name(string value, params object[] shape)
    {
        string name = _graph.Alias(value, OutputName);
        _graph.Output(name, ElementType.Float32, shape);
    }

    private string Embeddings()
    {
        string length = _graph.Node("Unsqueeze", [_graph.Node("Gather", [_graph.Node("Shape", [_ids]), _graph.Int(1)], ("axis", 0)), _graph.Ints(0)]);
        string types = TakesTokenTypes
            ? _graph.Input("token_type_ids", IdType, "batch", "seq")
            : _graph.Node("Mul", [_ids, _graph.Node("Cast", [_graph.Int(0)], ("to", IdType))]);
        string all = _graph.Constant("embeddings.position_ids", TensorData.From<long>([.. Enumerable.Range(0, config.MaxPositionEmbeddings).Select(i => (long)i)], 1, config.MaxPositionEmbeddings));
        string positions = TakesPositions
            ? _graph.Input("position_ids", IdType, "batch", "seq")
            : _graph.Node("Slice", [all, _graph.Ints(0), length, _graph.Ints(1)]);
        string words = _graph.Node("Gather", [Table("embeddings.word_embeddings.weight", config.VocabSize), _ids]);
        string segments = _graph.Node("Gather", [Table("embeddings.token_type_embeddings.weight", config.TypeVocabSize), types]);
        string places = _graph.Node("Gather", [Table("embeddings.position_embeddings.weight", config.MaxPositionEmbeddings), positions]);
        return Norm(_graph.Node("Add", [_graph.Node("Add", [words, segments]), places]), "embeddings.LayerNorm");
    }

    private string Layer(string x, string mask, string name)
    {
        long heads = config.NumAttentionHeads, width = config.HiddenSize / heads;
        string Heads(string value, params long[] order) => _graph.Node(
            "Transpose", [_graph.Node("Reshape", [value, _graph.Ints(0, 0, heads, width)])], ("perm", order));
        string query = Heads(Linear(x, $"{name}.attention.self.query", config.HiddenSize, config.HiddenSize), 0, 2, 1, 3);
        string key = Heads(Linear(x, $"{name}.attention.self.key", config.HiddenSize, config.HiddenSize), 0, 2, 3, 1);
        string value = Heads(Linear(x, $"{name}.attention.self.value", config.HiddenSize, config.HiddenSize), 0, 2, 1, 3);
        string scores = _graph.Node("Div", [_graph.Node("MatMul", [query, key]), _graph.Number(Math.Sqrt(width))]);
        string weights = _graph.Node("Softmax", [_graph.Node("Add", [scores, mask])], ("axis", -1));
        string context = _graph.Node("Transpose", [_graph.Node("MatMul", [weights, value])], ("perm", (long[])[0, 2, 1, 3]));
        string merged = _graph.Node("Reshape", [context, _graph.Ints(0, 0, config.HiddenSize)]);
        string attended = Linear(merged, $"{name}.attention.output.dense", config.HiddenSize, config.HiddenSize);
        x = Norm(_graph.Node("Add", [attended, x]), $"{name}.attention.output.LayerNorm");
        string inner = Linear(x, $"{name}.intermediate.dense", config.HiddenSize, config.IntermediateSize);
        string erf = _graph.Node("Add", [_graph.Node("Erf", [_graph.Node("Div", [inner, _graph.Number(Math.Sqrt(2))])]), _graph.Number(1)]);
        string gelu = _graph.Node("Mul", [_graph.Node("Mul", [inner, erf]), _graph.Number(0.5)]);
        string narrow = Linear(gelu, $"{name}.output.dense", config.IntermediateSize, config.HiddenSize);
        return Norm(_graph.Node("Add", [narrow, x]), $"{name}.output.LayerNorm");
    }

    private string Linear(string x, string module, long inputs, long outputs)
    {
        TensorData transposed = Transposed(weights($"{module}.weight", [outputs, inputs]));
        string weight = Quantized ? Dequantized(transposed) : _graph.Constant($"onnx::MatMul_{_graph.Next()}", transposed);
        return _graph.Node("Add", [_graph.Node("MatMul", [x, weight]), _graph.Constant($"{module}.bias", weights($"{module}.bias", [outputs]))]);
    }

    private string Dequantized(TensorData weight)
    {
        float[] values = weight.ToArray<float>();
        float scale = values.Max(Math.Abs) / 127;
        sbyte[] rounded = [.. values.Select(value => (sbyte)Math.Round(value / scale))];
        int number = _graph.Next();
        string[] operands =
        [
            _graph.Constant($"onnx::MatMul_{number}_quantized", TensorData.From<sbyte>(rounded, [.. weight.Shape])),
            _graph.Number(scale),
            _graph.Constant($"onnx::MatMul_{number}_zero_point", TensorData.From<sbyte>([0])),
        ];
        return _graph.Node("DequantizeLinear", operands);
    }

    private string Table(string name, long rows) => _graph.Constant(name, weights(name, [rows, config.HiddenSize]));

    private string Norm(string x, string module)
    {
        string scale = _graph.Constant($"{module}.weight", weights($"{module}.weight", [config.HiddenSize]));
        string bias = _graph.Constant($"{module}.bias", weights($"{module}.bias", [config.HiddenSize]));
        if (opset >= 17)
        {
            return _graph.Node("LayerNormalization", [x, scale, bias], ("axis", -1), ("epsilon", config.LayerNormEps));
        }

        string centred = _graph.Node("Sub", [x, _graph.Node("ReduceMean", [x], ("axes", (long[])[-1]))]);
        string variance = _graph.Node("ReduceMean", [_graph.Node("Pow", [centred, _graph.Number(2)])], ("axes", (long[])[-1]));
        string deviation = _graph.Node("Sqrt", [_graph.Node("Add", [variance, _graph.Number(config.LayerNormEps)])]);
        return _graph.Node("Add", [_graph.Node("Mul", [_graph.Node("Div", [centred, deviation]), scale]), bias]);
    }

    private static TensorData Transposed(TensorData weight)
    {
        int rows = (int)weight.Shape[0], columns = (int)weight.Shape[1];
        float[] values = weight.ToArray<float>();
        float[] result = new float[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            result[(i % columns * rows) + (i / columns)] = values[i];
        }

        return TensorData.From<float>(result, columns, rows);
    }
}
