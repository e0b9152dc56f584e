namespace OnnxEmbed.Models.Packages;

/// <summary>
/// A Dense module of sentence-transformers after the pooling: activation(W x + b), W being [out, in]. It lies in the graph; its directory
/// keeps a copy of the weights for sentence-transformers, which computes it outside.
/// </summary>
/// <param name="Path">Directory of the module within the package, such as <c>2_Dense</c>.</param>
/// <param name="InFeatures">Width of the vector that comes in.</param>
/// <param name="OutFeatures">Width of the vector that goes out.</param>
/// <param name="Bias">Whether b is there.</param>
/// <param name="ActivationFunction">Class of the activation, such as <c>torch.nn.modules.activation.Tanh</c>.</param>
public sealed record DenseLayer(string Path, int InFeatures, int OutFeatures, bool Bias, string ActivationFunction)
{
    /// <summary>Name of the weights in the module's directory.</summary>
    public const string WeightsFile = "model.safetensors";

    /// <summary>Parameters of the module: their names there and in the graph.</summary>
    internal IReadOnlyList<(string InModule, string InGraph, long[] Shape)> Parameters => Bias
        ? [("linear.weight", $"{Path}.linear.weight", [OutFeatures, InFeatures]), ("linear.bias", $"{Path}.linear.bias", [OutFeatures])]
        : [("linear.weight", $"{Path}.linear.weight", [OutFeatures, InFeatures])];

    /// <summary>Name of the activation among those that graphs are built with; empty for the identity, null for one that is not built.</summary>
    internal string? Activation => ActivationFunction.Split('.')[^1] switch
    {
        "Identity" => "",
        "Tanh" => "tanh",
        "ReLU" => "relu",
        "GELU" => "gelu",
        "SiLU" => "silu",
        "Sigmoid" => "sigmoid",
        _ => null,
    };
}
