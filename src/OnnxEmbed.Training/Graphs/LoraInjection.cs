using OnnxEmbed.Autodiff;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Batching;

namespace OnnxEmbed.Training.Graphs;

/// <summary>
/// Adds low-rank factors to the linear layers of a graph: y = (W + s·B·A)·x, s = alpha/rank. Parameters are named as PEFT does:
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
    /// <returns>The model with factors, all initializers, and the factors by name.</returns>
    public static (ModelProto Model, Dictionary<string, TensorData> Tensors, Dictionary<string, TensorData> Factors) Apply(
        ModelProto model,
        IReadOnlyDictionary<string, TensorData> tensors,
        IReadOnlyList<LinearModule> modules,
        LoraOptions options,
        ulong seed)
    {
        ModelProto adapted = model.Clone();
        Dictionary<string, TensorData> all = new(tensors, StringComparer.Ordinal);
        Dictionary<string, TensorData> factors = new(StringComparer.Ordinal);
        Dictionary<string, LinearModule> byOutput = modules.ToDictionary(module => module.Output, StringComparer.Ordinal);
        List<NodeProto> nodes = [];
        foreach (NodeProto node in adapted.Graph.Node)
        {
            if (byOutput.TryGetValue(node.Output[0], out LinearModule? module))
            {
                node.Input[1] = AdaptedName(module);
                if (!factors.ContainsKey(module.Name + SuffixA))
                {
                    nodes.Add(Adapt(module, options.Scale));
                    factors.Add(module.Name + SuffixA, InitialA(module, options.Rank, seed));
                    factors.Add(module.Name + SuffixB, Zeros(module.OutputSize, options.Rank));
                }
            }

            nodes.Add(node);
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

    /// <summary>
    /// Appends the gradients of the factors. With X the layer's inputs [N, in], dY the cotangent of its outputs [N, out], N tokens:
    /// dB = s·dYᵀ·(X·Aᵀ) and dA = s·(dY·B)ᵀ·X, four skinny products. The rule for W' itself would form dYᵀ·X [out, in], which costs as much
    /// as training all weights.
    /// </summary>
    /// <param name="g">The graph with the loss.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="modules">The adapted layers that the loss depends on.</param>
    /// <param name="scale">s.</param>
    /// <returns>Gradients by the factors' names.</returns>
    public static IReadOnlyDictionary<string, Value> Differentiate(
        GraphBuilder g, Value loss, IReadOnlyList<LinearModule> modules, double scale)
    {
        IReadOnlyDictionary<string, Value> cotangents = ReverseMode.Differentiate(g, loss, [.. modules.Select(module => g[module.Output])]);
        g.Scope = "gradient/";
        Dictionary<string, List<Value>> parts = new(StringComparer.Ordinal);
        foreach (LinearModule module in modules)
        {
            Value a = g[module.Name + SuffixA];
            Value b = g[module.Name + SuffixB];
            Value x = Rows(g, g[module.Input]);
            Value y = Rows(g, cotangents[module.Output]);
            Part(module.Name + SuffixA, g.Gemm(g.Gemm(y, b), x, transA: true, alpha: scale));
            Part(module.Name + SuffixB, g.Gemm(y, g.Gemm(x, a, transB: true), transA: true, alpha: scale));
        }

        Dictionary<string, Value> gradients = parts.ToDictionary(
            pair => pair.Key, pair => pair.Value.Count == 1 ? pair.Value[0] : g.Node("Sum", pair.Value), StringComparer.Ordinal);
        g.Scope = string.Empty;
        return gradients;

        void Part(string factor, Value gradient)
        {
            if (!parts.TryGetValue(factor, out List<Value>? list))
            {
                parts.Add(factor, list = []);
            }

            list.Add(gradient);
        }
    }

    private static Value Rows(GraphBuilder g, Value value) => value.Rank == 2 ? value : g.Reshape(value, -1, value.Shape.At(-1).Value);

    private static TensorData Zeros(long rows, long columns) => TensorData.From<float>(new float[rows * columns], rows, columns);

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
    /// The product B·A is added to the weight, W' = W + s·B·A, before the layer multiplies by it: the product of two small matrices once a
    /// step in place of two skinny products over all tokens (2026-11-23, LoRA step at T = 32: 281 ms instead of 321 ms for a branch of its
    /// own). A weight that several nodes use is adapted once.
    /// </summary>
    private static NodeProto Adapt(LinearModule module, double scale)
    {
        string a = module.Name + SuffixA;
        string b = module.Name + SuffixB;
        return module.IsOutputFirst
            ? Make("Gemm", [b, a, module.Weight], AdaptedName(module), ("alpha", scale))
            : Make("Gemm", [a, b, module.Weight], AdaptedName(module), ("transA", 1), ("transB", 1), ("alpha", scale));
    }

    private static string AdaptedName(LinearModule module) => $"{module.Name}/adapted";

    private static NodeProto Make(string opType, string[] inputs, string output, params (string Name, object Value)[] attributes)
    {
        NodeProto node = new() { OpType = opType, Name = $"{output}/{opType}" };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        node.Attribute.AddRange(attributes.Select(attribute => Attributes.Create(attribute.Name, attribute.Value)));
        return node;
    }
}
