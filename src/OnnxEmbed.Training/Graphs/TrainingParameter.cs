using OnnxEmbed.Tensors;

namespace OnnxEmbed.Training.Graphs;

/// <summary>A weight of a training graph, which is an input of the graph under its own name.</summary>
/// <param name="Name">Name of the weight in the model.</param>
/// <param name="Initial">Value before the first step, f32.</param>
/// <param name="IsTrainable">Whether the graph gives its gradient and the optimizer changes it.</param>
public sealed record TrainingParameter(string Name, TensorData Initial, bool IsTrainable)
{
    /// <summary>Whether weight decay applies: to matrices, not to biases and norms, as is usual for transformers.</summary>
    public bool Decays => Initial.Shape.Count >= 2;

    /// <summary>Output of the training graph that holds the gradient.</summary>
    public string GradientName => $"{Name}_grad";
}
