using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Batching;

namespace OnnxEmbed.Training.Graphs;

/// <summary>
/// Adds low-rank branches to the linear layers of a graph: y = W·x + s · B·(A·x), s = alpha/rank. Parameters are named as PEFT does:
/// <c>MODULE.lora_A.weight</c> [r, in] and <c>MODULE.lora_B.weight</c> [out, r]. A starts as PEFT's Kaiming-uniform with a = √5, that is
/// uniform in ±1/√in, B as zero, so that a fresh adapter leaves every output as it was.
/// </summary>
internal static class LoraInjection
{
    /// <summary>Ending of the name of a branch's first factor.</summary>
    public const string SuffixA = ".lora_A.weight";

    /// <summary>Ending of the name of a branch's second factor.</summary>
    public const string SuffixB = ".lora_B.weight";

    /// <summary>Rewrites a graph.</summary>
    /// <param name="model">The model; it is not changed.</param>
    /// <param name="tensors">Values of its initializers.</param>
    /// <param name="modules">The layers to adapt.</param>
    /// <param name="options">Rank and scale.</param>
    /// <param name="seed">Seeds the factors A; a factor depends on it and on its own name only.</param>
    /// <returns>The model with branches, all initializers, and the factors by name.</returns>
    public static (ModelProto Model, IReadOnlyDictionary<string, TensorData> Tensors, IReadOnlyDictionary<string, TensorData> Factors) Apply(
        ModelProto model, IReadOnlyDictionary<string, TensorData> tensors, IReadOnlyList<LinearModule> modules, LoraOptions options, ulong seed)
    {
        ModelProto adapted = model.Clone();
        Dictionary<string, TensorData> all = new(tensors, StringComparer.Ordinal);
        Dictionary<string, TensorData> factors = new(StringComparer.Ordinal);
        Dictionary<string, LinearModule> byOutput = modules.ToDictionary(module => module.Node.Output[0], StringComparer.Ordinal);
        List<NodeProto> nodes = [];
        foreach (NodeProto node in adapted.Graph.Node)
        {
            nodes.Add(node);
            if (byOutput.TryGetValue(node.Output[0], out LinearModule? module))
            {
                nodes.AddRange(Branch(node, module, options.Scale));
                if (factors.TryAdd(module.Name + SuffixA, InitialA(module, options.Rank, seed)))
                {
                    factors.Add(module.Name + SuffixB, TensorData.From<float>(new float[module.OutputSize * options.Rank], module.OutputSize, options.Rank));
                }
            }
        }

        adapted.Graph.Node.Clear();
        adapted.Graph.Node.AddRange(nodes);
        foreach ((string name, TensorData data) in factors)
        {
            all.Add(name, data);
            TensorProto initializer = new() { Name = name, DataType = (int)data.ElementType };
            initializer.Dims.AddRange(data.Shape);
            adapted.Graph.Initializer.Add(initializer);
        }

        return (adapted, all, factors);
    }

    private static TensorData InitialA(LinearModule module, int rank, ulong seed)
    {
        CounterRandom random = new(seed, module.Name + SuffixA);
        double bound = 1 / Math.Sqrt(module.InputSize);
        float[] values = new float[rank * module.InputSize];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(bound * ((2 * random.NextDouble()) - 1));
        }

        return TensorData.From<float>(values, rank, module.InputSize);
    }

    /// <summary>
    /// The nodes after a linear layer. Behind a Gemm the activations are a matrix, and the branch ends in a Gemm that adds the layer's
    /// output as its C operand, one pass over memory less than a sum; behind a MatMul they may have any rank.
    /// </summary>
    private static IEnumerable<NodeProto> Branch(NodeProto node, LinearModule module, double scale)
    {
        string x = node.Input[0];
        string y = node.Output[0];
        string linear = $"{y}/linear";
        string down = $"{y}/lora_A";
        node.Output[0] = linear;
        string a = module.Name + SuffixA;
        string b = module.Name + SuffixB;
        if (node.OpType == "Gemm")
        {
            yield return Make("Gemm", [x, a], down, ("transB", 1));
            yield return Make("Gemm", [down, b, linear], y, ("transB", 1), ("alpha", scale));
            yield break;
        }

        yield return Make("Transpose", [a], $"{down}/transposed", ("perm", new long[] { 1, 0 }));
        yield return Make("MatMul", [x, $"{down}/transposed"], down);
        yield return Make("Transpose", [b], $"{y}/lora_B/transposed", ("perm", new long[] { 1, 0 }));
        yield return Make("MatMul", [down, $"{y}/lora_B/transposed"], $"{y}/lora_B");
        yield return Make("Constant", [], $"{y}/scale", ("value_float", scale));
        yield return Make("Mul", [$"{y}/lora_B", $"{y}/scale"], $"{y}/lora");
        yield return Make("Add", [linear, $"{y}/lora"], y);
    }

    private static NodeProto Make(string opType, string[] inputs, string output, params (string Name, object Value)[] attributes)
    {
        NodeProto node = new() { OpType = opType, Name = $"{output}/{opType}" };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        node.Attribute.AddRange(attributes.Select(attribute => Attributes.Create(attribute.Name, attribute.Value)));
        return node;
    }
}
