using Google.Protobuf;
using OnnxEmbed.Kernels.Products;
using OnnxEmbed.Kernels.Rows;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Kernels.Rewriting;

/// <summary>
/// Rewrites a graph of standard operators onto the kernels of <see cref="KernelOperators"/>: products of matrices become
/// <see cref="GemmKernel"/>, chains of elementwise operators and reductions over the last axis one <see cref="RowKernel"/> each, so that what
/// lies between them never leaves the cache. Inputs, outputs and what is computed stay the same up to rounding.
/// </summary>
internal sealed class KernelRewrite
{
    private const int MostInstructions = 64;

    private readonly GraphBuilder _graph;
    private readonly GraphNode[] _nodes;
    private readonly RowDomain?[] _domains;
    private readonly NodeGroups _groups;
    private readonly HashSet<string> _outputs;

    private KernelRewrite(GraphBuilder graph)
    {
        _graph = graph;
        _nodes = [.. graph.Nodes];
        _domains = [.. _nodes.Select(node => RowRules.DomainOf(node, graph))];
        _groups = new NodeGroups(_nodes);
        _outputs = [.. graph.Outputs.Select(output => output.Name)];
    }

    /// <summary>Rewrites a model.</summary>
    /// <param name="model">An ONNX file whose tensors lie inside it.</param>
    /// <returns>The same model with nodes of <see cref="KernelOperators.Domain"/>.</returns>
    public static byte[] Apply(byte[] model)
    {
        ModelProto proto = ModelProto.Parser.ParseFrom(model);
        Dictionary<string, TensorData> tensors = proto.Graph.Initializer.ToDictionary(
            initializer => initializer.Name,
            initializer => TensorData.FromBytes((ElementType)initializer.DataType, [.. initializer.Dims], initializer.RawData.Memory),
            StringComparer.Ordinal);
        GraphBuilder graph = GraphBuilder.From(proto, tensors);
        KernelRewrite rewrite = new(graph);
        rewrite.Join();
        NodeProto[] nodes = [.. rewrite.Emit()];
        proto.Graph.Node.Clear();
        proto.Graph.Node.AddRange(nodes);
        HashSet<string> used = [.. nodes.SelectMany(node => node.Input)];
        TensorProto[] kept = [.. proto.Graph.Initializer.Where(initializer => used.Contains(initializer.Name))];
        proto.Graph.Initializer.Clear();
        proto.Graph.Initializer.AddRange(kept);
        proto.OpsetImport.Add(new OperatorSetIdProto { Domain = KernelOperators.Domain, Version = 1 });
        return proto.ToByteArray();
    }

    /// <summary>Joins each chain to the chains of what it reads, then to those that read the same.</summary>
    private void Join()
    {
        for (int i = 0; i < _nodes.Length; i++)
        {
            if (_domains[i] is null)
            {
                continue;
            }

            foreach (Value read in RowRules.Reads(_nodes[i]))
            {
                if (_groups.Producers.TryGetValue(read, out int producer))
                {
                    TryJoin(i, producer);
                    foreach (int sibling in _groups.Consumers(producer))
                    {
                        if (sibling < i)
                        {
                            TryJoin(i, sibling);
                        }
                    }
                }
            }
        }
    }

    private void TryJoin(int node, int other)
    {
        int first = _groups.Of(other);
        int second = _groups.Of(node);
        if (_domains[other] is null || first == second || _groups.Members(first).Count + _groups.Members(second).Count > MostInstructions
            || DomainOf(first).With(DomainOf(second)) is null)
        {
            return;
        }

        _groups.TryJoin(first, second);
    }

    private RowDomain DomainOf(int group) =>
        _groups.Members(group).Select(node => _domains[node]!).Aggregate((all, each) => all.With(each)!);

    private IEnumerable<NodeProto> Emit()
    {
        foreach (IReadOnlyList<int> members in _groups.InOrder())
        {
            if (members.Count > 1 && Chain(members) is { } chain)
            {
                yield return chain;
                continue;
            }

            foreach (int member in members)
            {
                yield return IsProduct(_nodes[member]) ? Product(_nodes[member]) : _nodes[member].Proto;
            }
        }
    }

    /// <summary>The members as one node, or null where none of them reads a value of the full shape, which the kernel takes rows from.</summary>
    private NodeProto? Chain(IReadOnlyList<int> members)
    {
        HashSet<Value> made = [.. members.Select(member => _nodes[member].Outputs[0]!)];
        Value[] read = [.. members.SelectMany(member => RowRules.Reads(_nodes[member])).Where(value => !made.Contains(value)).Distinct()];
        RowDomain domain = DomainOf(_groups.Of(members[0]));
        Value? whole = Array.Find(read, domain.IsWhole);
        if (whole is null)
        {
            return null;
        }

        RowEmitter emitter = new();
        emitter.Input(whole);
        foreach (Value value in read)
        {
            emitter.Input(value);
        }

        foreach (int member in members)
        {
            RowRules.Emit(_nodes[member], emitter);
        }

        HashSet<int> inside = [.. members];
        Value[] outputs = [.. members.Where(member => _outputs.Contains(_nodes[member].Outputs[0]!.Name)
                || _groups.Consumers(member).Any(consumer => !inside.Contains(consumer)))
            .Select(member => _nodes[member].Outputs[0]!)];
        NodeProto node = new()
        {
            Domain = KernelOperators.Domain,
            OpType = RowKernel.Name,
            Name = $"{_nodes[members[^1]].Proto.Name}/{RowKernel.Name}",
        };
        node.Input.AddRange(emitter.Inputs.Select(value => value.Name));
        node.Output.AddRange(outputs.Select(value => value.Name));
        node.Attribute.Add(new AttributeProto
        {
            Name = RowKernel.ProgramAttribute,
            Type = AttributeProto.Types.AttributeType.String,
            S = ByteString.CopyFromUtf8(emitter.Program(outputs).ToString()),
        });
        return node;
    }

    private static bool IsProduct(GraphNode node)
    {
        if (node.OpType != "Gemm" || !Products.Product.IsSupported || node.Input(0).Type != ElementType.Float32)
        {
            return false;
        }

        Value output = node.Outputs[0]!;
        return node.OptionalInput(2) is not { } addend || addend.Shape.Equals(output.Shape)
            || (addend.Shape.At(-1) == output.Shape[1] && !output.Shape[1].IsOne && addend.Shape.SkipLast(1).All(extent => extent.IsOne));
    }

    private static NodeProto Product(GraphNode node)
    {
        NodeProto product = node.Proto.Clone();
        product.Domain = KernelOperators.Domain;
        product.OpType = GemmKernel.Name;
        return product;
    }
}
