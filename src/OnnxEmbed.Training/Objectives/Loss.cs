using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Training.Objectives;

/// <summary>One entry of <see cref="Losses"/>: a scalar that training makes small.</summary>
public sealed class Loss
{
    private readonly Func<GraphBuilder, LossInputs, Value> _build;

    internal Loss(string name, string title, string source, LossKind kind, double temperature, Func<GraphBuilder, LossInputs, Value> build)
    {
        Name = name;
        Title = title;
        Source = source;
        Kind = kind;
        DefaultTemperature = temperature;
        _build = build;
    }

    /// <summary>Name on the command line.</summary>
    public string Name { get; }

    /// <summary>Name in a report.</summary>
    public string Title { get; }

    /// <summary>Paper or documentation that defines the loss.</summary>
    public string Source { get; }

    /// <summary>What a batch has to hold.</summary>
    public LossKind Kind { get; }

    /// <summary>Divisor of similarities unless an option says otherwise.</summary>
    /// <value>1 for a loss that has none.</value>
    public double DefaultTemperature { get; }

    /// <summary>Adds the loss to a graph.</summary>
    /// <returns>A scalar, f32 [].</returns>
    internal Value Build(GraphBuilder graph, LossInputs inputs) => _build(graph, inputs);
}
