using OnnxEmbed.Autodiff;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.TestKit.Gradients;

/// <summary>
/// A function y(x) and its vector-Jacobian product as two sessions in double: one gives y, the other, fed with a cotangent w for each y,
/// the loss L = Σ w·y and dL/dx.
/// </summary>
public sealed class DifferentiatedGraph : IDifferentiatedFunction
{
    private const string LossName = "check/loss";

    private readonly OrtGraphRunner _forward;
    private readonly OrtGraphRunner _backward;

    /// <summary>Differentiates a graph; it is extended by loss and gradients.</summary>
    /// <param name="graph">The forward graph in float32.</param>
    /// <param name="outputs">Floating-point values y.</param>
    /// <param name="parameters">Inputs of the graph to differentiate by.</param>
    public DifferentiatedGraph(GraphBuilder graph, IReadOnlyList<Value> outputs, IReadOnlyList<Value> parameters)
    {
        Parameters = parameters;
        graph.ClearOutputs();
        OutputNames = [.. outputs.Select((output, i) => graph.Output(output, $"check/y{i}").Name)];
        _forward = new OrtGraphRunner(DoubleTwin.Of(graph.ToBytes()), optimize: false);
        try
        {
            Outputs = [.. OutputNames.Select(name => graph[name])];
            int forwardNodes = graph.Nodes.Count;
            Value loss = Loss(graph);
            int lossNodes = graph.Nodes.Count;
            Gradients = ReverseMode.Differentiate(graph, loss, parameters);
            ForwardNodes = [.. graph.Nodes.Take(forwardNodes)];
            GradientNodes = [.. graph.Nodes.Skip(lossNodes)];
            graph.ClearOutputs();
            graph.Output(loss, LossName);
            foreach (Value parameter in parameters)
            {
                graph.Output(Gradients[parameter.Name], $"{parameter.Name}_grad");
            }

            Model = graph.ToBytes();
            _backward = new OrtGraphRunner(DoubleTwin.Of(Model), optimize: false);
        }
        catch
        {
            _forward.Dispose();
            throw;
        }
    }

    /// <summary>The model behind <see cref="Backward"/> as it was built, in its own type, as bytes of a file.</summary>
    public byte[] Model { get; }

    /// <summary>The values y.</summary>
    public IReadOnlyList<Value> Outputs { get; }

    /// <summary>Names of the values y as graph outputs.</summary>
    public IReadOnlyList<string> OutputNames { get; }

    /// <summary>The inputs differentiated by.</summary>
    public IReadOnlyList<Value> Parameters { get; }

    /// <summary>Gradient value of each parameter, by the parameter's name.</summary>
    public IReadOnlyDictionary<string, Value> Gradients { get; }

    /// <summary>Nodes of the function itself.</summary>
    public IReadOnlyList<GraphNode> ForwardNodes { get; }

    /// <summary>Nodes that the differentiation added.</summary>
    public IReadOnlyList<GraphNode> GradientNodes { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> ParameterNames => [.. Parameters.Select(parameter => parameter.Name)];

    /// <inheritdoc/>
    public IReadOnlyList<TensorData> Forward(IReadOnlyDictionary<string, TensorData> point)
    {
        IReadOnlyDictionary<string, TensorData> results = _forward.Run(point);
        return [.. OutputNames.Select(name => results[name])];
    }

    /// <inheritdoc/>
    public (double Loss, IReadOnlyDictionary<string, TensorData> Gradients) Backward(
        IReadOnlyDictionary<string, TensorData> point, IReadOnlyList<TensorData> cotangents)
    {
        IReadOnlyDictionary<string, TensorData> results = _backward.Run(Feeds(point, cotangents));
        return (results[LossName].ToArray<double>()[0], ParameterNames.ToDictionary(name => name, name => results[$"{name}_grad"]));
    }

    /// <summary>Inputs of <see cref="Model"/> from a point and the cotangents of <see cref="Outputs"/>.</summary>
    public static Dictionary<string, TensorData> Feeds(IReadOnlyDictionary<string, TensorData> point, IReadOnlyList<TensorData> cotangents)
    {
        Dictionary<string, TensorData> feeds = new(point);
        for (int i = 0; i < cotangents.Count; i++)
        {
            feeds[CotangentName(i)] = cotangents[i];
        }

        return feeds;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _forward.Dispose();
        _backward.Dispose();
    }

    private static string CotangentName(int index) => $"check/w{index}";

    private Value Loss(GraphBuilder graph)
    {
        List<Value> terms = [];
        for (int i = 0; i < Outputs.Count; i++)
        {
            Value y = Outputs[i];
            Value product = graph.Mul(y, graph.Input(CotangentName(i), y.Type, y.Shape));
            long[] all = [.. Enumerable.Range(0, y.Rank).Select(axis => (long)axis)];
            terms.Add(y.Rank == 0 ? product : graph.ReduceSum(product, keepDims: false, all));
        }

        return terms.Aggregate((sum, term) => graph.Add(sum, term));
    }
}
