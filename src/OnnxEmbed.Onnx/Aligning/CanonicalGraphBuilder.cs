using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Aligning;

/// <summary>Makes the canonical form of a model's graph.</summary>
internal sealed partial class CanonicalGraphBuilder
{
    /// <summary>Nodes whose output has the numbers of their first input, in the same order.</summary>
    private static readonly HashSet<string> Transparent =
        ["Identity", "Dropout", "Cast", "CastLike", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "QuantizeLinear"];

    private readonly OnnxModel _model;
    private readonly Dictionary<string, CanonicalValue> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GraphLeaf> _leaves = new(StringComparer.Ordinal);
    private readonly Dictionary<(GraphLeaf, bool), CanonicalValue> _wholes = [];
    private readonly Dictionary<string, NodeProto> _producers = new(StringComparer.Ordinal);
    private readonly List<CanonicalNode> _nodes = [];

    private CanonicalGraphBuilder(OnnxModel model) => _model = model;

    public static CanonicalGraph Build(OnnxModel model) => new CanonicalGraphBuilder(model).Build();

    private CanonicalGraph Build()
    {
        GraphProto graph = _model.Proto.Graph;
        foreach (TensorProto initializer in graph.Initializer)
        {
            TensorData? values = _model.Tensors.GetValueOrDefault(initializer.Name);
            AddLeaf(initializer.Name, initializer.Dims, values?.ElementType.IsFloat() ?? false, isInitializer: true, values);
        }

        foreach (ValueInfoProto input in graph.Input.Where(input => !_values.ContainsKey(input.Name)))
        {
            _values[input.Name] = new CanonicalValue { Input = input.Name };
        }

        foreach (NodeProto node in graph.Node)
        {
            foreach (string output in node.Output.Where(output => output.Length > 0))
            {
                _producers.TryAdd(output, node);
            }
        }

        foreach (NodeProto node in Ordered(graph))
        {
            Add(node);
        }

        List<(string, CanonicalValue)> outputs = [.. graph.Output
            .Where(output => _values.ContainsKey(output.Name)).Select(output => (output.Name, _values[output.Name]))];
        return new CanonicalGraph(_nodes, outputs, _leaves);
    }

    /// <summary>Each node after those it reads from. ONNX demands this order of a file; here a file that breaks it does no harm.</summary>
    private List<NodeProto> Ordered(GraphProto graph)
    {
        List<NodeProto> ordered = [];
        HashSet<NodeProto> entered = new(ReferenceEqualityComparer.Instance);
        Stack<(NodeProto Node, int Next)> path = new();
        foreach (NodeProto root in graph.Node)
        {
            if (entered.Add(root))
            {
                path.Push((root, 0));
            }

            while (path.TryPop(out (NodeProto Node, int Next) at))
            {
                if (at.Next == at.Node.Input.Count)
                {
                    ordered.Add(at.Node);
                    continue;
                }

                path.Push((at.Node, at.Next + 1));
                if (_producers.TryGetValue(at.Node.Input[at.Next], out NodeProto? producer) && entered.Add(producer))
                {
                    path.Push((producer, 0));
                }
            }
        }

        return ordered;
    }

    private void Add(NodeProto node)
    {
        CanonicalValue?[] inputs = [.. node.Input.Select(name => name.Length == 0 ? null : Value(name))];
        CanonicalValue? result = inputs.Length == 0 || inputs[0] is null ? ConstantOf(node) : Simplified(node, inputs);
        if (result is not null)
        {
            _values[node.Output[0]] = result;
            return;
        }

        if (inputs.Length > 0 && inputs[0] is { } packed && Unpacked(node, packed) is { } parts)
        {
            for (int i = 0; i < parts.Count; i++)
            {
                _values[node.Output[i]] = parts[i];
            }

            return;
        }

        if (node.OpType == "Gather" && inputs[0]?.Leaf is { IsWhole: true, Leaf: { IsWeight: true, Shape.Count: 2 } } table)
        {
            inputs[0] = new CanonicalValue { Leaf = table, IsTable = true, IsLearned = true };
        }

        string operation = node.Domain.Length == 0 || node.Domain == "ai.onnx" ? node.OpType : $"{node.Domain}.{node.OpType}";
        CanonicalNode made = Make(operation, AttributeText.Of(node), node.Name, inputs, node.Output.Count);
        for (int i = 0; i < node.Output.Count; i++)
        {
            _values[node.Output[i]] = made.Outputs[i];
        }
    }

    /// <summary>The value that a node's first output is in canonical form; null where the node stays as it is.</summary>
    private CanonicalValue? Simplified(NodeProto node, CanonicalValue?[] inputs)
    {
        CanonicalValue first = inputs[0]!;
        switch (node.OpType)
        {
            case "DequantizeLinear" when first.Leaf is { IsWhole: true, Transposed: false } quantised
                && inputs.Skip(1).All(input => input is null || input.Leaf is not null):
                return Whole(Quantised(quantised.Leaf, quantised.Leaf.Shape), transposed: false);
            case "DequantizeLinear":
                return first;
            case "Transpose" when first.Leaf is { IsWhole: true, Leaf.Shape.Count: 2 } leaf && Attribute(node, "perm")?.Ints is not [0, 1]:
                return Whole(leaf.Leaf, !leaf.Transposed);
            case "MatMulNBits" when inputs.Length > 1 && inputs[1]?.Leaf is { } packed && (Attribute(node, "N")?.I, Attribute(node, "K")?.I) is (long n, long k):
                CanonicalValue product = Make("MatMul", "", node.Name, [first, Whole(Quantised(packed.Leaf, [n, k]), transposed: true)], 1).Outputs[0];
                return inputs.Length > 5 && inputs[5] is { } added ? Make("Add", "", node.Name, [product, added], 1).Outputs[0] : product;
            case "Gemm" when inputs.Length > 1 && inputs[1] is { } second && (Attribute(node, "alpha")?.F ?? 1) == 1 && (Attribute(node, "beta")?.F ?? 1) == 1
                && (Attribute(node, "transA")?.I ?? 0) == 0:
                bool turned = (Attribute(node, "transB")?.I ?? 0) != 0;
                if (turned && second.Leaf is { IsWhole: true, Leaf.Shape.Count: 2 } weight)
                {
                    (second, turned) = (Whole(weight.Leaf, !weight.Transposed), false);
                }

                CanonicalValue sum = Make("MatMul", turned ? "transB" : "", node.Name, [first, second], 1).Outputs[0];
                return inputs.Length > 2 && inputs[2] is { } bias ? Make("Add", "", node.Name, [sum, bias], 1).Outputs[0] : sum;
            default:
                return Transparent.Contains(node.OpType) ? first : null;
        }
    }

    private CanonicalNode Make(string operation, string attributes, string name, IReadOnlyList<CanonicalValue?> inputs, int outputs)
    {
        CanonicalNode node = new(operation, attributes, name, inputs);
        bool learned = inputs.Any(input => input is { IsLearned: true });
        node.Outputs.AddRange(Enumerable.Range(0, outputs).Select(i => new CanonicalValue { Producer = node, Output = i, IsLearned = learned }));
        _nodes.Add(node);
        return node;
    }

    private CanonicalValue? ConstantOf(NodeProto node)
    {
        if (node.OpType != "Constant" || node.Attribute.Count != 1)
        {
            return null;
        }

        AttributeProto attribute = node.Attribute[0];
        TensorData? values = attribute switch
        {
            { T: { } tensor } when tensor.DataLocation != TensorProto.Types.DataLocation.External
                && Files.TensorDecoder.IsSupported((ElementType)tensor.DataType) =>
                Files.TensorDecoder.Decode(tensor, _model.Path ?? ""),
            { Name: "value_float" } => TensorData.From<float>([attribute.F]),
            { Name: "value_floats" } => TensorData.From<float>([.. attribute.Floats], attribute.Floats.Count),
            { Name: "value_int" } => TensorData.From<long>([attribute.I]),
            { Name: "value_ints" } => TensorData.From<long>([.. attribute.Ints], attribute.Ints.Count),
            _ => null,
        };
        if (values is not null)
        {
            AddLeaf(node.Output[0], values.Shape, values.ElementType.IsFloat(), isInitializer: false, values);
        }

        return values is null ? null : _values[node.Output[0]];
    }

    private void AddLeaf(string name, IReadOnlyList<long> shape, bool isFloat, bool isInitializer, TensorData? values)
    {
        GraphLeaf leaf = new(name, [.. shape], isFloat, isInitializer, values);
        _leaves[name] = leaf;
        _values[name] = Whole(leaf, transposed: false);
    }

    /// <summary>The leaf of a quantised tensor: real numbers of the unpacked shape.</summary>
    private GraphLeaf Quantised(GraphLeaf stored, IReadOnlyList<long> shape)
    {
        if (stored.IsFloat)
        {
            return stored;
        }

        GraphLeaf leaf = _leaves[stored.Name].IsFloat ? _leaves[stored.Name] : stored with { Shape = shape, IsFloat = true };
        _leaves[stored.Name] = leaf;
        return leaf;
    }

    private CanonicalValue Whole(GraphLeaf leaf, bool transposed)
    {
        if (!_wholes.TryGetValue((leaf, transposed), out CanonicalValue? value))
        {
            value = new CanonicalValue { Leaf = new LeafPart(leaf, transposed), IsLearned = leaf.IsWeight };
            _wholes.Add((leaf, transposed), value);
        }

        return value;
    }

    /// <summary>A value by name; one that nothing declares is taken for an input.</summary>
    private CanonicalValue Value(string name)
    {
        if (!_values.TryGetValue(name, out CanonicalValue? value))
        {
            value = new CanonicalValue { Input = name };
            _values.Add(name, value);
        }

        return value;
    }

    private static AttributeProto? Attribute(NodeProto node, string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name);
}
