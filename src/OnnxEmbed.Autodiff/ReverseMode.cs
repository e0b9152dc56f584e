using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Autodiff;

/// <summary>
/// Reverse-mode differentiation of an ONNX graph: walks the nodes from the loss back to the parameters and appends the nodes that compute
/// the gradients, in the graph's own standard operators, so that any ONNX Runtime runs the result.
/// </summary>
public static class ReverseMode
{
    /// <summary>Appends the gradients of a loss to its graph.</summary>
    /// <param name="graph">The forward graph; the gradient nodes are added to it.</param>
    /// <param name="loss">A single number: shape [] or of extents 1.</param>
    /// <param name="parameters">Floating-point inputs or initializers of the graph.</param>
    /// <returns>For each parameter's name its gradient, in the parameter's shape and type.</returns>
    /// <exception cref="UnsupportedOperatorException">No rule covers an operator between loss and parameter.</exception>
    /// <exception cref="GraphException">The loss is no single number, or does not depend on a parameter.</exception>
    public static IReadOnlyDictionary<string, Value> Differentiate(GraphBuilder graph, Value loss, IReadOnlyList<Value> parameters)
    {
        if (loss.Shape.Any(dim => !dim.IsOne))
        {
            throw new GraphException($"the loss needs to be a single number, got {loss}");
        }

        GradientWalk walk = new(graph, parameters);
        string scope = graph.Scope;
        graph.Scope = $"{scope}gradient/";
        try
        {
            walk.Back(loss);
            Dictionary<string, Value> gradients = new(StringComparer.Ordinal);
            List<string> unused = [];
            foreach (Value parameter in parameters)
            {
                if (walk.Cotangent(parameter) is { } cotangent)
                {
                    gradients.Add(parameter.Name, Broadcast.To(graph, cotangent, parameter));
                }
                else
                {
                    unused.Add(parameter.Name);
                }
            }

            return unused.Count == 0
                ? gradients
                : throw new GraphException($"{loss.Name}: needs to depend on every parameter, yet does not on {string.Join(", ", unused)}");
        }
        finally
        {
            graph.Scope = scope;
        }
    }

    /// <summary>The walk itself: which values matter, and the cotangents found so far.</summary>
    private sealed class GradientWalk
    {
        private readonly GraphBuilder _graph;
        private readonly GraphNode[] _nodes;
        private readonly HashSet<Value> _active;
        private readonly Dictionary<Value, List<Value>> _contributions = [];

        public GradientWalk(GraphBuilder graph, IReadOnlyList<Value> parameters)
        {
            _graph = graph;
            _nodes = [.. graph.Nodes];
            _active = [.. parameters];
            foreach (GraphNode node in _nodes.Where(node => node.Inputs.Any(input => input is not null && _active.Contains(input))))
            {
                _active.UnionWith(node.Outputs.Where(output => output is not null && output.Type.IsFloat()).Select(output => output!));
            }
        }

        public void Back(Value loss)
        {
            _contributions[loss] = [_graph.Scalar(1, loss.Type)];
            for (int i = _nodes.Length - 1; i >= 0; i--)
            {
                GraphNode node = _nodes[i];
                bool wanted = node.Inputs.Any(Needed) && node.Outputs.Any(output => output is not null && _contributions.ContainsKey(output));
                if (wanted)
                {
                    Apply(node);
                }
            }
        }

        /// <summary>Sum of what reached a value, or null where nothing did.</summary>
        public Value? Cotangent(Value value)
        {
            if (!_contributions.TryGetValue(value, out List<Value>? parts))
            {
                return null;
            }

            if (parts.Count > 1)
            {
                Value sum = parts.Count == 2 ? _graph.Add(parts[0], parts[1]) : _graph.Node("Sum", parts);
                parts.Clear();
                parts.Add(sum);
            }

            return parts[0];
        }

        private bool Needed(Value? input) => input is not null && _active.Contains(input);

        private void Apply(GraphNode node)
        {
            Value?[] cotangents = [.. node.Outputs.Select(output => output is null ? null : Cotangent(output))];
            GradientRule rule = GradientRules.Find(node.OpType, _graph.Opset)
                ?? throw Unsupported(node, $"no gradient rule; rules exist for {string.Join(", ", GradientRules.Operators)}");
            Func<Value>?[] results;
            try
            {
                results = rule(new GradientContext(_graph, node, cotangents, index => Needed(node.OptionalInput(index))));
                if (results.Length != node.Inputs.Count)
                {
                    throw new InvalidOperationException($"{node}: the rule gives {results.Length} cotangents for {node.Inputs.Count} inputs");
                }

                for (int i = 0; i < results.Length; i++)
                {
                    if (results[i] is { } emit && Needed(node.Inputs[i]))
                    {
                        Contribute(node.Inputs[i]!, Broadcast.Undo(_graph, emit(), node.Inputs[i]!));
                    }
                }
            }
            catch (GradientContext.RuleException fault)
            {
                throw Unsupported(node, fault.Message);
            }
        }

        private void Contribute(Value input, Value cotangent)
        {
            if (!_contributions.TryGetValue(input, out List<Value>? parts))
            {
                _contributions[input] = parts = [];
            }

            parts.Add(cotangent);
        }

        private UnsupportedOperatorException Unsupported(GraphNode node, string reason)
        {
            List<string> path = [];
            Dictionary<Value, GraphNode> producers = [];
            foreach (GraphNode producer in _nodes)
            {
                foreach (Value output in producer.Outputs.OfType<Value>())
                {
                    producers[output] = producer;
                }
            }

            GraphNode? at = node;
            while (at is not null)
            {
                path.Add($"{at.OpType} \"{at.Proto.Name}\"");
                Value next = at.Inputs.First(Needed)!;
                if (!producers.TryGetValue(next, out at))
                {
                    path.Add($"parameter {next.Name}");
                }
            }

            path.Reverse();
            return new UnsupportedOperatorException(node.OpType, _graph.Opset, node.Proto.Name, string.Join(" > ", path), reason);
        }
    }
}
