using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.TestKit.Gradients;

/// <summary>
/// A finished training model as a file holds it, run as its float64 twin: inputs are batch and weights, output 0 is the loss, the others
/// are <c>NAME_grad</c>. So the artifact itself can be checked, with whatever was injected into it.
/// </summary>
public sealed class TrainingModel : IDifferentiatedFunction
{
    private const string Suffix = "_grad";

    private readonly OrtGraphRunner _runner;

    /// <summary>Opens the twin of a serialised, self-contained model in float32.</summary>
    public TrainingModel(byte[] model)
    {
        _runner = new OrtGraphRunner(DoubleTwin.Of(model), optimize: false);
        ParameterNames =
        [
            .. _runner.OutputNames.Where(name => name.EndsWith(Suffix, StringComparison.Ordinal)).Select(name => name[..^Suffix.Length]),
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ParameterNames { get; }

    /// <inheritdoc/>
    public IReadOnlyList<TensorData> Forward(IReadOnlyDictionary<string, TensorData> point) =>
        [_runner.Run(point, [_runner.OutputNames[0]]).Values.Single()];

    /// <inheritdoc/>
    public (double Loss, IReadOnlyDictionary<string, TensorData> Gradients) Backward(
        IReadOnlyDictionary<string, TensorData> point, IReadOnlyList<TensorData> cotangents)
    {
        IReadOnlyDictionary<string, TensorData> results = _runner.Run(point);
        double weight = cotangents[0].ToArray<double>()[0];
        return (
            weight * results[_runner.OutputNames[0]].ToArray<double>()[0],
            ParameterNames.ToDictionary(name => name, name => Scaled(results[name + Suffix], weight)));
    }

    /// <inheritdoc/>
    public void Dispose() => _runner.Dispose();

    private static TensorData Scaled(TensorData tensor, double factor) =>
        TensorData.From<double>(Array.ConvertAll(tensor.ToArray<double>(), value => factor * value), [.. tensor.Shape]);
}
