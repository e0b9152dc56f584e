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

    private readonly GraphNode[] _nodes;
    private readonly RowDomain?[] _domains;
    private readonly NodeGroups _groups;
    private readonly HashSet<Value> _outputs;
    private readonly Dictionary<int, LoraGradientPattern> _adapters = [];

    private KernelRewrite(GraphBuilder graph)
    {
        _nodes = Patterns.Apply(graph);
        _domains = [.. _nodes.Select(node => RowRules.DomainOf(node, graph))];
        _groups = new NodeGroups(_nodes);
        _outputs = [.. graph.Outputs];
    }

    public bool IsOutput(Value value) => _outputs.Contains(value);

    public GraphNode Node(int index) => _nodes[index];

    public bool IsRowNode(int index) => _domains[index] is not null;

    /// <summary>The node that makes a value and the rows it works along, or null where no row program can make it.</summary>
    public (int Index, RowDomain Domain)? RowNode(Value value) =>
        _groups.Producers.TryGetValue(value, out int index) && _domains[index] is { } domain ? (index, domain) : null;

    public RowDomain DomainOf(IEnumerable<int> members) => members.Select(node => _domains[node]!).Aggregate((all, each) => all.With(each)!);

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
        rewrite.JoinAdapters();
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

    private void JoinAdapters()
    {
        if (!Products.Product.IsSupported)
        {
            return;
        }

        foreach (LoraGradientPattern found in LoraGradientPattern.Find(_nodes, _groups))
        {
            if (found.Nodes.All(node => _groups.Members(_groups.Of(node)).Count == 1) && _groups.TryJoinAll(found.Nodes))
            {
                _adapters.Add(_groups.Of(found.Nodes[0]), found);
            }
        }
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

                    // What merely shares a number or a row of weights gains nothing from running together.
                    foreach (int sibling in _domains[i]!.IsWhole(read) ? _groups.Consumers(producer) : [])
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

    private RowDomain DomainOf(int group) => DomainOf(_groups.Members(group));

    private IEnumerable<NodeProto> Emit()
    {
        IReadOnlyList<int>[] order = [.. _groups.InOrder()];
        RowChain?[] chains = [.. order.Select(members => members.Count > 1 ? RowChain.Of(members, this) : null)];

        // What a chain computes again for itself need not be written by the chain that computed it first.
        HashSet<Value> wanted = [];
        for (int i = 0; i < order.Length; i++)
        {
            wanted.UnionWith(chains[i]?.Reads ?? order[i].SelectMany(member => _nodes[member].Inputs.OfType<Value>()));
        }

        for (int i = 0; i < order.Length; i++)
        {
            if (_adapters.TryGetValue(_groups.Of(order[i][0]), out LoraGradientPattern? adapter))
            {
                yield return adapter.Node();
                continue;
            }

            if (chains[i] is { } chain)
            {
                yield return chain.Node(wanted);
                continue;
            }

            foreach (int member in order[i])
            {
                yield return _nodes[member].OpType == RowRules.SwapHalves ? RowChain.Of([member], this, recompute: false)!.Node(wanted)
                    : IsProduct(_nodes[member]) ? Product(_nodes[member])
                    : _nodes[member].Proto;
            }
        }
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
