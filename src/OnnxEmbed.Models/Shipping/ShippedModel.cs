namespace OnnxEmbed.Models.Shipping;

/// <summary>How far a shipped ONNX file, run as the consumer runs it, is from the package.</summary>
/// <param name="File">Path in the directory.</param>
/// <param name="MaxDifference">Largest absolute difference of a number of a vector, over the texts of the check.</param>
/// <param name="MinCosine">Smallest cosine of a text's two vectors, in [-1, 1].</param>
public sealed record ShippedModel(string File, double MaxDifference, double MinCosine);
