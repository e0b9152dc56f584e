using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Adapters.Exporting;

/// <summary>
/// Gives a graph inputs for the factors of an adapter: y = x·W becomes y = x·W + (x·A)·B with A [in, r] and B [r, out], the scale being in
/// B, and a lookup in a table gets A [vocabulary, r] and B [r, width]. The inputs have defaults of rank 0, so that the model also runs
/// without an adapter, and r is open, so that adapters of any rank fit.
/// </summary>
internal sealed class LoraInputs
{
    private readonly OnnxModel _model;
    private readonly ModelProto _proto;
    private readonly Dictionary<string, TensorData> _tensors;
    private readonly LayerUse _use;
    private readonly List<string> _faults = [];

    // Nodes that follow a node, by the node's place.
    private readonly Dictionary<NodeProto, List<NodeProto>> _after = [];

    private LoraInputs(OnnxModel model)
    {
        _model = model;
        _proto = model.Proto.Clone();
        _tensors = new Dictionary<string, TensorData>(model.Tensors, StringComparer.Ordinal);
        _use = new LayerUse(_proto.Graph);
    }

    /// <summary>Name of the input for A.</summary>
    public static string NameOfA(string module) => module + ".lora_A.weight";

    /// <summary>Name of the input for B.</summary>
    public static string NameOfB(string module) => module + ".lora_B.weight";

    /// <summary>The factors of an adapter as those inputs take them, rounded once.</summary>
    public static IReadOnlyList<(string Name, TensorData Value)> Parameters(LoraAdapter adapter, ElementType? type)
    {
        List<(string, TensorData)> parameters = [];
        foreach (LoraModule module in adapter.Modules)
        {
            double[] a = module.A.ToDoubles(), b = module.B.ToDoubles();
            double[] turnedA = new double[a.Length], turnedB = new double[b.Length];
            for (int i = 0; i < a.Length; i++)
            {
                turnedA[(i % module.Inputs * module.Rank) + (i / module.Inputs)] = a[i];
            }

            for (int i = 0; i < b.Length; i++)
            {
                turnedB[(i % module.Rank * module.Outputs) + (i / module.Rank)] = b[i] * module.Scale;
            }

            parameters.Add((NameOfA(module.Module),
                TensorData.FromDoubles(turnedA, type ?? module.A.ElementType, module.Inputs, module.Rank)));
            parameters.Add((NameOfB(module.Module),
                TensorData.FromDoubles(turnedB, type ?? module.B.ElementType, module.Rank, module.Outputs)));
        }

        return parameters;
    }

    /// <summary>A model with inputs for the modules of a bound adapter. It refers to the tensors of the given one.</summary>
    /// <param name="model">The model.</param>
    /// <param name="bindings">Modules and the weights they change.</param>
    /// <param name="where">Name of the model in messages.</param>
    /// <exception cref="DataException">A weight is used in a way that takes no factors; all are listed.</exception>
    public static OnnxModel AddTo(OnnxModel model, IReadOnlyList<AdapterBinding> bindings, string where)
    {
        LoraInputs inputs = new(model);
        foreach (AdapterBinding binding in bindings)
        {
            inputs.Add(binding);
        }

        if (inputs._faults.Count > 0)
        {
            throw new DataException($"{where}: {string.Join("; ", inputs._faults)}");
        }

        NodeProto[] before = [.. inputs._proto.Graph.Node];
        inputs._proto.Graph.Node.Clear();
        foreach (NodeProto node in before)
        {
            inputs._proto.Graph.Node.Add(node);
            inputs._proto.Graph.Node.AddRange(inputs._after.GetValueOrDefault(node) ?? []);
        }

        return new OnnxModel(inputs._proto, inputs._tensors);
    }

    private void Add(AdapterBinding binding)
    {
        LoraModule module = binding.Module;
        ElementType type = _model.Tensors[binding.Tensor].ElementType;
        Declare(NameOfA(module.Module), type, module.Inputs, module.Module, rankFirst: false);
        Declare(NameOfB(module.Module), type, module.Outputs, module.Module, rankFirst: true);
        int found = 0;
        foreach ((NodeProto node, int input) in Uses(binding.Tensor))
        {
            if (Argument(node, input, module) is not { } x)
            {
                _faults.Add($"'{binding.Tensor}' is used by {node.OpType} '{node.Name}' as input {input}, which takes no factors");
                continue;
            }

            Insert(node, x, module, found++);
        }

        if (found == 0 && _faults.Count == 0)
        {
            _faults.Add($"'{binding.Tensor}' is used by no MatMul, Gemm or Gather that could take factors");
        }
    }

    /// <summary>Nodes that read a weight, those behind a Transpose instead of it.</summary>
    private IEnumerable<(NodeProto Node, int Input)> Uses(string weight) => _use.Of(weight)
        .SelectMany(use => use.Node.OpType == "Transpose" ? _use.Of(use.Node.Output[0]) : [use])
        .ToArray();

    /// <summary>What a node multiplies the weight with, or looks up; null where it does something else.</summary>
    private static string? Argument(NodeProto node, int input, LoraModule module) => node.OpType switch
    {
        "Gather" when input == 0 && module.IsEmbedding && Integer(node, "axis", 0) == 0 => node.Input[1],
        "MatMul" when input == 1 && !module.IsEmbedding => node.Input[0],
        "Gemm" when input == 1 && !module.IsEmbedding && Integer(node, "transA", 0) == 0 && Number(node, "alpha") == 1 => node.Input[0],
        _ => null,
    };

    private void Insert(NodeProto node, string x, LoraModule module, int number)
    {
        string start = $"{module.Module}.lora{(number == 0 ? "" : $"_{number}")}";
        string output = node.Output[0];
        node.Output[0] = start + ".base";
        if (!_after.TryGetValue(node, out List<NodeProto>? added))
        {
            _after.Add(node, added = []);
        }

        added.Add(Node(module.IsEmbedding ? "Gather" : "MatMul", module.IsEmbedding ? [NameOfA(module.Module), x]
            : [x, NameOfA(module.Module)], start + ".narrow"));
        added.Add(Node("MatMul", [start + ".narrow", NameOfB(module.Module)], start + ".wide"));
        added.Add(Node("Add", [start + ".base", start + ".wide"], output));
    }

    private void Declare(string name, ElementType type, int extent, string module, bool rankFirst)
    {
        if (!_tensors.TryAdd(name, TensorData.FromBytes(type, rankFirst ? [0, extent] : [extent, 0], ReadOnlyMemory<byte>.Empty)))
        {
            _faults.Add($"has an initializer '{name}' already");
            return;
        }

        TensorProto head = new() { Name = name, DataType = (int)type };
        head.Dims.AddRange(_tensors[name].Shape);
        _proto.Graph.Initializer.Add(head);
        TensorShapeProto.Types.Dimension fixedExtent = new() { DimValue = extent };
        TensorShapeProto.Types.Dimension rank = new() { DimParam = module + ".lora_r" };
        TensorShapeProto shape = new();
        shape.Dim.AddRange(rankFirst ? [rank, fixedExtent] : [fixedExtent, rank]);
        _proto.Graph.Input.Add(new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } },
        });
    }

    private static NodeProto Node(string type, string[] inputs, string output)
    {
        NodeProto node = new() { OpType = type, Name = output };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        return node;
    }

    private static long Integer(NodeProto node, string name, long fallback) =>
        node.Attribute.FirstOrDefault(attribute => attribute.Name == name)?.I ?? fallback;

    private static float Number(NodeProto node, string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name)?.F ?? 1;
}
