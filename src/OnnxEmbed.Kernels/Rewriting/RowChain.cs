using Google.Protobuf;
using OnnxEmbed.Kernels.Rows;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;

namespace OnnxEmbed.Kernels.Rewriting;

/// <summary>
/// A group of nodes that becomes one <see cref="RowKernel"/>. Elementwise values that another chain makes from what this one reads anyway are
/// computed again rather than read: the arithmetic costs less than the memory.
/// </summary>
internal sealed class RowChain
{
    private const int MostRecomputed = 24;

    private readonly KernelRewrite _graph;
    private readonly IReadOnlyList<int> _members;
    private readonly SortedSet<int> _recomputed = [];
    private readonly List<Value> _reads;

    private RowChain(KernelRewrite graph, IReadOnlyList<int> members, List<Value> reads)
    {
        _graph = graph;
        _members = members;
        _reads = reads;
    }

    /// <summary>What the chain reads, a value of the full shape first, from which the kernel takes the rows.</summary>
    public IReadOnlyList<Value> Reads => _reads;

    /// <summary>The chain of some nodes, or null where none of them reads a value of the full shape.</summary>
    /// <param name="members">The nodes, in graph order.</param>
    /// <param name="graph">What they belong to.</param>
    /// <param name="recompute">Whether values of other chains may be computed again.</param>
    public static RowChain? Of(IReadOnlyList<int> members, KernelRewrite graph, bool recompute = true)
    {
        if (!members.All(graph.IsRowNode))
        {
            return null;
        }

        HashSet<Value> made = [.. members.SelectMany(member => graph.Node(member).Outputs.OfType<Value>())];
        List<Value> reads = [.. members.SelectMany(member => RowRules.Reads(graph.Node(member))).Where(value => !made.Contains(value)).Distinct()];
        RowDomain domain = graph.DomainOf(members);
        RowChain chain = new(graph, members, reads);
        if (recompute)
        {
            chain.Recompute(domain);
        }

        int whole = reads.FindIndex(domain.IsWhole);
        if (whole < 0)
        {
            return null;
        }

        (reads[0], reads[whole]) = (reads[whole], reads[0]);
        return chain;
    }

    /// <summary>The chain as one node.</summary>
    /// <param name="wanted">Values that something in the graph reads.</param>
    public NodeProto Node(IReadOnlySet<Value> wanted)
    {
        RowEmitter emitter = new();
        foreach (Value value in _reads)
        {
            emitter.Input(value);
        }

        foreach (int each in _members.Concat(_recomputed).Order())
        {
            RowRules.Emit(_graph.Node(each), emitter);
        }

        Value[] outputs = [.. _members.Select(member => _graph.Node(member).Outputs[0]!)
            .Where(value => _graph.IsOutput(value) || wanted.Contains(value))];
        NodeProto node = new()
        {
            Domain = KernelOperators.Domain,
            OpType = RowKernel.Name,
            Name = $"{_graph.Node(_members[^1]).Proto.Name}/{RowKernel.Name}",
        };
        node.Input.AddRange(_reads.Select(value => value.Name));
        node.Output.AddRange(outputs.Select(value => value.Name));
        node.Attribute.Add(new AttributeProto
        {
            Name = RowKernel.ProgramAttribute,
            Type = AttributeProto.Types.AttributeType.String,
            S = ByteString.CopyFromUtf8(emitter.Program(outputs).ToString()),
        });
        return node;
    }

    /// <summary>Replaces values that can be made from the others.</summary>
    private void Recompute(RowDomain domain)
    {
        foreach (Value value in _reads.Where(domain.IsWhole).OrderByDescending(value => _graph.RowNode(value)?.Index ?? -1).ToArray())
        {
            HashSet<Value> known = [.. _reads.Where(read => read != value)];
            SortedSet<int> steps = [];
            HashSet<Value> further = [];
            if (CanMake(value, domain, known, steps, further) && steps.Count + _recomputed.Count <= MostRecomputed)
            {
                _reads.Remove(value);
                _reads.AddRange(further.Where(read => !_reads.Contains(read)));
                _recomputed.UnionWith(steps);
            }
        }

        // A recomputed node may be the maker of a value that was still read when another was replaced.
        HashSet<Value> made = [.. _recomputed.Concat(_members).Select(node => _graph.Node(node).Outputs[0]!)];
        _reads.RemoveAll(made.Contains);
    }

    /// <summary>Whether a value follows elementwise from known ones; narrow ones may be read in addition.</summary>
    private bool CanMake(Value value, RowDomain domain, HashSet<Value> known, SortedSet<int> steps, HashSet<Value> further)
    {
        if (known.Contains(value))
        {
            return true;
        }

        if (!domain.IsWhole(value) && domain.CanRead(value))
        {
            further.Add(value);
            return true;
        }

        if (_graph.RowNode(value) is not { } maker || maker.Domain.With(domain) is null || !RowRules.IsElementwise(_graph.Node(maker.Index)))
        {
            return false;
        }

        steps.Add(maker.Index);
        return steps.Count <= MostRecomputed
            && RowRules.Reads(_graph.Node(maker.Index)).All(read => CanMake(read, domain, known, steps, further));
    }
}
