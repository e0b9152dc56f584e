using OnnxEmbed.Onnx;

namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// Values of parameters that differ from tensor to tensor, as recipes give them (gradients over depth, filters). What it says goes before
/// the scalar values of the options.
/// </summary>
internal interface IParameterSchedule
{
    /// <summary>
    /// Parameters that it has a value of for some tensor. Those need no scalar value, and must be parameters of the method.
    /// </summary>
    IReadOnlyCollection<string> Names { get; }

    /// <summary>Learns the model whose tensors the result has, before values are asked for; returns warnings.</summary>
    IReadOnlyList<string> Bind(OnnxModel model);

    /// <summary>
    /// Value of a parameter: a double, bool or string as the kind of the parameter asks; null where it says nothing of this tensor.
    /// </summary>
    /// <param name="parameter">Name of the parameter.</param>
    /// <param name="tensor">Name of the initializer.</param>
    /// <param name="model">Index of the model, the base not counted; null for a parameter of the whole method.</param>
    object? Find(string parameter, string tensor, int? model);
}
