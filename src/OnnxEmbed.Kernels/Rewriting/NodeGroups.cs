using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Kernels.Rewriting;

/// <summary>
/// A partition of a graph's nodes into groups that may each become one node: joining never makes two groups depend on each other.
/// </summary>
internal sealed class NodeGroups
{
    private readonly int[] _group;
    private readonly List<int>[] _members;
    private readonly int[][] _consumers;
    private readonly int[] _visited;
    private int _visit;

    public NodeGroups(IReadOnlyList<GraphNode> nodes)
    {
        _group = [.. Enumerable.Range(0, nodes.Count)];
        _members = [.. _group.Select(node => new List<int> { node })];
        _visited = new int[nodes.Count];
        Dictionary<Value, int> producer = [];
        List<int>[] consumers = [.. nodes.Select(_ => new List<int>())];
        for (int i = 0; i < nodes.Count; i++)
        {
            foreach (Value input in nodes[i].Inputs.OfType<Value>())
            {
                if (producer.TryGetValue(input, out int from))
                {
                    consumers[from].Add(i);
                }
            }

            foreach (Value output in nodes[i].Outputs.OfType<Value>())
            {
                producer.Add(output, i);
            }
        }

        Producers = producer;
        _consumers = [.. consumers.Select(list => list.Distinct().ToArray())];
    }

    /// <summary>The node that makes a value.</summary>
    public IReadOnlyDictionary<Value, int> Producers { get; }

    /// <summary>The group of a node, named by one of its members.</summary>
    public int Of(int node) => _group[node];

    /// <summary>Nodes of a group in graph order.</summary>
    public IReadOnlyList<int> Members(int group) => _members[group];

    /// <summary>Nodes that use what a node makes.</summary>
    public IReadOnlyList<int> Consumers(int node) => _consumers[node];

    /// <summary>Joins two groups, unless one would then wait for a node that waits for the other.</summary>
    public bool TryJoin(int first, int second)
    {
        if (first == second)
        {
            return true;
        }

        if (LeadsRound(first, second) || LeadsRound(second, first))
        {
            return false;
        }

        foreach (int node in _members[second])
        {
            _group[node] = first;
        }

        _members[first].AddRange(_members[second]);
        _members[first].Sort();
        _members[second].Clear();
        return true;
    }

    /// <summary>Joins several groups at once, unless they would then wait for a node that waits for one of them.</summary>
    public bool TryJoinAll(IReadOnlyList<int> nodes)
    {
        int[] sorted = [.. nodes.Order()];
        HashSet<int> inside = [.. sorted];
        if (sorted.Any(node => ReachesOutside(node, inside)))
        {
            return false;
        }

        foreach (int node in sorted.Skip(1))
        {
            _group[node] = sorted[0];
            _members[sorted[0]].Add(node);
            _members[node].Clear();
        }

        return true;
    }

    /// <summary>The groups in an order in which they can run, those first that stand first in the graph.</summary>
    public IEnumerable<IReadOnlyList<int>> InOrder()
    {
        int[] waitsFor = new int[_group.Length];
        foreach ((int from, int to) in Edges())
        {
            waitsFor[to]++;
        }

        PriorityQueue<int, int> ready = new();
        foreach (int group in _group.Distinct().Where(group => waitsFor[group] == 0))
        {
            ready.Enqueue(group, _members[group][0]);
        }

        ILookup<int, int> next = Edges().ToLookup(edge => edge.From, edge => edge.To);
        while (ready.TryDequeue(out int group, out _))
        {
            yield return _members[group];
            foreach (int after in next[group])
            {
                if (--waitsFor[after] == 0)
                {
                    ready.Enqueue(after, _members[after][0]);
                }
            }
        }
    }

    private IEnumerable<(int From, int To)> Edges() => _group.Distinct().SelectMany(group => _members[group]
        .SelectMany(node => _consumers[node]).Select(node => _group[node]).Distinct().Where(to => to != group).Select(to => (group, to)));

    /// <summary>Whether a path leads from a node out of a set of single nodes and back into it.</summary>
    private bool ReachesOutside(int node, HashSet<int> inside)
    {
        _visit++;
        Stack<int> open = [];
        foreach (int after in _consumers[node].Where(after => !inside.Contains(after)))
        {
            open.Push(_group[after]);
            _visited[_group[after]] = _visit;
        }

        while (open.TryPop(out int group))
        {
            foreach (int after in _members[group].SelectMany(member => _consumers[member]))
            {
                if (inside.Contains(after))
                {
                    return true;
                }

                if (_visited[_group[after]] != _visit)
                {
                    _visited[_group[after]] = _visit;
                    open.Push(_group[after]);
                }
            }
        }

        return false;
    }

    /// <summary>Whether a path leads from one group to another through a third.</summary>
    private bool LeadsRound(int from, int to)
    {
        _visit++;
        Stack<int> open = [];
        foreach (int node in _members[from])
        {
            foreach (int after in _consumers[node])
            {
                if (_group[after] != from && _group[after] != to && _visited[_group[after]] != _visit)
                {
                    _visited[_group[after]] = _visit;
                    open.Push(_group[after]);
                }
            }
        }

        while (open.TryPop(out int group))
        {
            foreach (int node in _members[group])
            {
                foreach (int after in _consumers[node])
                {
                    int reached = _group[after];
                    if (reached == to)
                    {
                        return true;
                    }

                    if (_visited[reached] != _visit && reached != from)
                    {
                        _visited[reached] = _visit;
                        open.Push(reached);
                    }
                }
            }
        }

        return false;
    }
}
