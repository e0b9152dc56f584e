using Google.Protobuf;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>
/// Takes a graph apart into standard operators: what ONNX Runtime's optimiser fused, and what newer versions of ONNX have one operator for.
/// Differentiation, LoRA and other runtimes then see only operators they know. Operators on quantised numbers stay.
/// </summary>
public static class Decomposer
{
    /// <summary>The oldest version of ONNX whose files are read.</summary>
    public const int LeastOpset = 11;

    /// <summary>The newest version of ONNX whose files are read.</summary>
    public const int MostOpset = 25;

    /// <summary>Operators that are decomposed, with their domain.</summary>
    public static IReadOnlyCollection<string> Operators => [.. Decompositions.Operators.Order(StringComparer.Ordinal)];

    /// <summary>Decomposes all fused nodes of a model.</summary>
    /// <param name="model">The model; it has to stay open as long as the result is used.</param>
    /// <param name="emptyInputs">
    /// Inputs that go and become tensors without elements, as caches of earlier tokens [B, heads, past, d]: their unknown extents are 0,
    /// except the first, which is that of the first input that stays.
    /// </param>
    /// <exception cref="DecompositionException">A node is of an operator, or a variant of one, that is not known here.</exception>
    /// <exception cref="GraphException">The graph does not fit together.</exception>
    public static DecomposedGraph Decompose(OnnxModel model, IReadOnlySet<string>? emptyInputs = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelProto proto = FunctionInlining.Inline(model.Proto);
        GraphProto graph = proto.Graph;
        Dictionary<string, long> versions = Versions(proto);
        long opset = versions.GetValueOrDefault("");
        if (opset is < LeastOpset or > MostOpset)
        {
            throw new GraphException($"graph {graph.Name}: needs ONNX operators of version [{LeastOpset}, {MostOpset}], got {opset}");
        }

        if (graph.SparseInitializer.Count > 0)
        {
            throw new GraphException($"graph {graph.Name}: needs dense initializers, got {graph.SparseInitializer.Count} sparse ones");
        }

        GraphBuilder builder = new(graph.Name, (int)opset);
        Walk walk = new(builder, graph, versions);
        walk.Leaves(model.Tensors, emptyInputs ?? new HashSet<string>());
        foreach (NodeProto node in GraphOrder.Sort(graph))
        {
            walk.Visit(node);
        }

        foreach (ValueInfoProto output in graph.Output)
        {
            builder.Output(builder[output.Name]);
        }

        return walk.Result(proto.IrVersion);
    }

    /// <summary>The domain under one name: ONNX's own has two.</summary>
    internal static string DomainOf(string domain) => domain == "ai.onnx" ? "" : domain;

    private static Dictionary<string, long> Versions(ModelProto proto)
    {
        Dictionary<string, long> versions = new(StringComparer.Ordinal);
        foreach (OperatorSetIdProto import in proto.OpsetImport)
        {
            versions[DomainOf(import.Domain)] = import.Version;
        }

        return versions;
    }

    private sealed class Walk(GraphBuilder builder, GraphProto graph, Dictionary<string, long> versions)
    {
        private readonly Dictionary<string, ValueInfoProto> _declared = graph.ValueInfo.Concat(graph.Output)
            .GroupBy(info => info.Name, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Last(), StringComparer.Ordinal);

        private readonly HashSet<string> _read =
            [.. graph.Node.SelectMany(GraphOrder.Reads), .. graph.Output.Select(output => output.Name)];

        private readonly Dictionary<string, Value> _shared = new(StringComparer.Ordinal);
        private readonly SortedDictionary<string, int> _replaced = new(StringComparer.Ordinal);
        private readonly SortedDictionary<string, int> _quantized = new(StringComparer.Ordinal);
        private readonly SortedDictionary<string, long> _otherDomains = new(StringComparer.Ordinal);

        public void Leaves(IReadOnlyDictionary<string, TensorData> tensors, IReadOnlySet<string> emptyInputs)
        {
            GraphProto leaves = new() { Name = graph.Name };
            leaves.Initializer.AddRange(graph.Initializer);
            leaves.Input.AddRange(graph.Input.Where(input => !emptyInputs.Contains(input.Name)));
            builder.ReadLeaves(leaves, tensors);
            foreach (ValueInfoProto input in graph.Input.Where(input => emptyInputs.Contains(input.Name)))
            {
                (ElementType type, SymbolicShape? shape) = builder.ReadType(input);
                if (shape is null || builder.Inputs.Count == 0)
                {
                    throw new GraphException($"graph {graph.Name}: needs an input {input.Name} of known rank, and another input, to leave it out");
                }

                int before = builder.Nodes.Count;
                Value[] extents =
                [
                    .. shape.Select((dim, axis) => dim.IsKnown ? builder.Int64s(dim.Value)
                        : axis == 0 ? builder.Extent(builder.Inputs[0], 0) : builder.Int64s(0)),
                ];
                TensorProto zero = new() { DataType = (int)type, RawData = ByteString.CopyFrom(new byte[type.SizeInBytes()]) };
                zero.Dims.Add(1);
                builder.Adopt(builder.Node("ConstantOfShape", [builder.Concat(0, extents)], ("value", zero)), input.Name, before);
            }
        }

        public void Visit(NodeProto node)
        {
            string domain = DomainOf(node.Domain);
            long version = versions.GetValueOrDefault(domain);
            string name = domain.Length == 0 ? node.OpType : $"{domain}.{node.OpType}";
            Value?[] operands = [.. node.Input.Select(input => input.Length == 0 ? null : builder[input])];
            if (Decompositions.Find(domain, node.OpType, version) is { } rule)
            {
                Replace(node, operands, version, rule);
                _replaced[name] = _replaced.GetValueOrDefault(name) + 1;
                return;
            }

            bool quantized = Decompositions.IsQuantized(domain, node.OpType);
            if (domain.Length > 0 && !quantized)
            {
                throw new DecompositionException(
                    name, node.Name, version, $"needs a known operator; known are {string.Join(", ", Operators)}");
            }

            CheckSubgraphs(node);
            IReadOnlyList<(ElementType Type, SymbolicShape? Shape)> known = [];
            if (quantized)
            {
                _quantized[name] = _quantized.GetValueOrDefault(name) + 1;
                known = QuantizedShapes.Of(node, operands);
            }

            if (domain.Length > 0)
            {
                _otherDomains[domain] = Math.Max(1, version);
            }

            builder.AppendForeign(
                node.Clone(), operands, output => node.Output.IndexOf(output) is int i && i < known.Count ? known[i] : Declared(output));
        }

        public DecomposedGraph Result(long irVersion) => new(builder, _replaced, _quantized, irVersion, _otherDomains);

        private (ElementType Type, SymbolicShape? Shape) Declared(string name) =>
            _declared.TryGetValue(name, out ValueInfoProto? info) ? builder.ReadType(info) : default;

        private void Replace(NodeProto node, Value?[] operands, long version, Decomposition rule)
        {
            int before = builder.Nodes.Count;
            string scope = builder.Scope;
            builder.Scope = node.Name.Length > 0 ? $"{node.Name}/" : "decomposed/";
            FusedNode fused = new(new GraphNode(node, operands, []), version, builder, _read.Contains, _shared);
            Value?[] made;
            try
            {
                made = rule(fused);
            }
            catch (Exception e) when (e is OverflowException or ArgumentException or InvalidOperationException or IndexOutOfRangeException)
            {
                // Extents beyond 2^63, operands of a rank that the operator does not have.
                throw fused.Fault($"needs attributes and operands that fit each other: {e.Message.ReplaceLineEndings(" ")}");
            }

            builder.Scope = scope;
            for (int i = 0; i < node.Output.Count; i++)
            {
                string output = node.Output[i];
                if (output.Length == 0 || !_read.Contains(output))
                {
                    continue;
                }

                Value value = (i < made.Length ? made[i] : null) ?? throw new DecompositionException(
                    new GraphNode(node, operands, []).OpType, node.Name, version, $"needs output {i} ({output}) to be left out; it is not made here");
                builder.Adopt(value, output, before);
            }
        }

        // What is in the branches of If and Loop stays as it is, so it has to be standard already.
        private void CheckSubgraphs(NodeProto node)
        {
            foreach (GraphProto inner in node.Attribute.SelectMany(attribute => attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G)))
            {
                foreach (NodeProto child in inner.Node)
                {
                    string domain = DomainOf(child.Domain);
                    if (domain.Length > 0 || Decompositions.Find(domain, child.OpType, versions.GetValueOrDefault(domain)) is not null)
                    {
                        throw new DecompositionException(
                            new GraphNode(child, [], []).OpType,
                            child.Name,
                            versions.GetValueOrDefault(domain),
                            $"needs to stand in the main graph, got it in a subgraph of {node.OpType} \"{node.Name}\"");
                    }

                    CheckSubgraphs(child);
                }
            }
        }
    }
}
