using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Training.Graphs;

/// <summary>Finds the linear layers of a graph and selects those that an adapter is for.</summary>
internal static class LinearModules
{
    private const string WeightSuffix = ".weight";

    /// <summary>
    /// Last parts of the linear layers of a block, per architecture as transformers names them; the first set that is found whole is used.
    /// </summary>
    private static readonly string[][] DefaultTargets =
    [
        ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
        ["query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"],
        ["q_lin", "k_lin", "v_lin", "out_lin", "lin1", "lin2"],
        ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"],
        ["c_attn", "c_fc", "c_proj"],
        ["query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"],
    ];

    /// <summary>All linear layers, in graph order.</summary>
    public static IReadOnlyList<LinearModule> Find(ModelProto model, IReadOnlyDictionary<string, TensorData> tensors)
    {
        List<LinearModule> modules = [];
        foreach (NodeProto node in model.Graph.Node)
        {
            if (node.OpType is "Gemm" or "MatMul" && node.Domain is "" or "ai.onnx" && node.Input.Count >= 2
                && tensors.TryGetValue(node.Input[1], out TensorData? weight) && weight.Shape.Count == 2 && weight.ElementType.IsFloat()
                && node.GetInt("transA", 0) == 0 && node.GetFloat("alpha", 1) == 1)
            {
                bool outputFirst = node.GetInt("transB", 0) != 0;
                modules.Add(new LinearModule(
                    NameOf(node),
                    node.Input[1],
                    outputFirst,
                    node.Input[0],
                    node.Output[0],
                    InputSize: weight.Shape[outputFirst ? 1 : 0],
                    OutputSize: weight.Shape[outputFirst ? 0 : 1]));
            }
        }

        return modules;
    }

    /// <summary>The modules that the options name.</summary>
    /// <param name="modules">All linear layers.</param>
    /// <param name="targets">Names, or null for the architecture's own set.</param>
    /// <param name="source">The model's path, for messages.</param>
    /// <exception cref="OptionException">A name matches no module.</exception>
    public static IReadOnlyList<LinearModule> Select(IReadOnlyList<LinearModule> modules, IReadOnlyList<string>? targets, string source)
    {
        targets ??= DefaultTargets.FirstOrDefault(set => set.All(target => modules.Any(module => Matches(module.Name, target))))
            ?? [LoraOptions.AllLinear];
        string[] unknown = [.. targets
            .Where(target => target != LoraOptions.AllLinear && !modules.Any(module => Matches(module.Name, target)))];
        if (unknown.Length > 0 || modules.Count == 0)
        {
            throw new OptionException(
                $"--lora targets: needs linear modules of {source}, got {string.Join(", ", unknown)}; it has {Known(modules)}");
        }

        return [.. modules.Where(module => targets.Any(target => target == LoraOptions.AllLinear || Matches(module.Name, target)))];
    }

    /// <summary>
    /// The shortest list of targets that names the given modules and no other layer of the architecture: the target that each was chosen
    /// by, or its whole name.
    /// </summary>
    public static IReadOnlyList<string> TargetsOf(IEnumerable<string> modules, IReadOnlyList<string>? targets)
    {
        IEnumerable<string> candidates = targets ?? DefaultTargets.SelectMany(set => set);
        return
        [
            .. modules.Select(module => candidates.FirstOrDefault(target => Matches(module, target)) ?? module)
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Whether a target is the whole name or the last parts of it, as PEFT matches a list of target modules.</summary>
    private static bool Matches(string name, string target) => name == target || name.EndsWith("." + target, StringComparison.Ordinal);

    /// <summary>Name from the weight's own name, or, where an exporter renamed the weight, from the node's path.</summary>
    private static string NameOf(NodeProto node)
    {
        string weight = node.Input[1];
        if (weight.EndsWith(WeightSuffix, StringComparison.Ordinal))
        {
            return weight[..^WeightSuffix.Length];
        }

        string path = node.Name.Trim('/').Replace('/', '.');
        string suffix = "." + node.OpType;
        return path.EndsWith(suffix, StringComparison.Ordinal) ? path[..^suffix.Length] : path.Length > 0 ? path : weight;
    }

    private static string Known(IReadOnlyList<LinearModule> modules)
    {
        string[] endings = [.. modules.Select(module => module.Name[(module.Name.LastIndexOf('.') + 1)..])
            .Distinct(StringComparer.Ordinal)];
        return endings.Length == 0 ? "none" : string.Join(", ", endings);
    }
}
