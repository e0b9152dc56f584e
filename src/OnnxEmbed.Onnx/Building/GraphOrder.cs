using OnnxEmbed.Onnx.Schema;

namespace OnnxEmbed.Onnx.Building;

/// <summary>The order in which the nodes of a file can run, and what a node reads.</summary>
internal static class GraphOrder
{
    /// <summary>Names a node reads, those that its subgraphs take from outside included.</summary>
    public static IEnumerable<string> Reads(NodeProto node)
    {
        IEnumerable<string> captured = node.Attribute
            .SelectMany(attribute => attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G))
            .SelectMany(Captured);
        return node.Input.Where(name => name.Length > 0).Concat(captured);
    }

    /// <summary>
    /// The nodes so that each comes after those whose values it reads; the file's order where that holds already. ONNX asks files for such
    /// an order, yet tools that edit graphs leave others.
    /// </summary>
    /// <exception cref="GraphException">A value has two makers or none, or nodes wait for each other.</exception>
    public static IReadOnlyList<NodeProto> Sort(GraphProto graph)
    {
        HashSet<string> ready = new(graph.Initializer.Select(initializer => initializer.Name), StringComparer.Ordinal);
        ready.UnionWith(graph.Input.Select(input => input.Name));
        Dictionary<string, int> makers = new(StringComparer.Ordinal);
        for (int i = 0; i < graph.Node.Count; i++)
        {
            foreach (string name in graph.Node[i].Output.Where(name => name.Length > 0))
            {
                if (ready.Contains(name) || !makers.TryAdd(name, i))
                {
                    throw new GraphException($"graph {graph.Name}: needs one maker for each value, got a second one for {name}: {Describe(graph.Node[i])}");
                }
            }
        }

        // Kahn's algorithm with the file's order among the nodes that are ready.
        int[] waiting = new int[graph.Node.Count];
        List<int>[] readers = [.. graph.Node.Select(_ => new List<int>())];
        PriorityQueue<int, int> next = new();
        for (int i = 0; i < graph.Node.Count; i++)
        {
            foreach (string name in Reads(graph.Node[i]).Distinct(StringComparer.Ordinal).Where(name => !ready.Contains(name)))
            {
                int maker = makers.TryGetValue(name, out int found)
                    ? found
                    : throw new GraphException($"graph {graph.Name}: {Describe(graph.Node[i])} reads {name}, which is no input, no initializer and no node's output");
                readers[maker].Add(i);
                waiting[i]++;
            }

            if (waiting[i] == 0)
            {
                next.Enqueue(i, i);
            }
        }

        List<NodeProto> order = new(graph.Node.Count);
        while (next.TryDequeue(out int node, out _))
        {
            order.Add(graph.Node[node]);
            foreach (int reader in readers[node])
            {
                if (--waiting[reader] == 0)
                {
                    next.Enqueue(reader, reader);
                }
            }
        }

        if (order.Count < graph.Node.Count)
        {
            string[] stuck = [.. graph.Node.Where((_, i) => waiting[i] > 0).Take(4).Select(Describe)];
            throw new GraphException(
                $"graph {graph.Name}: needs nodes without cycles, got {graph.Node.Count - order.Count} that wait for each other: {string.Join(", ", stuck)} …");
        }

        return order;
    }

    private static IEnumerable<string> Captured(GraphProto graph)
    {
        HashSet<string> own = new(graph.Initializer.Select(initializer => initializer.Name), StringComparer.Ordinal);
        own.UnionWith(graph.Input.Select(input => input.Name));
        own.UnionWith(graph.Node.SelectMany(node => node.Output));
        return graph.Node.SelectMany(Reads).Concat(graph.Output.Select(output => output.Name)).Where(name => !own.Contains(name));
    }

    private static string Describe(NodeProto node) => $"{node.OpType} \"{node.Name}\"";
}
