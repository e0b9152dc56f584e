namespace OnnxEmbed.Models.Shipping;

/// <summary>What <see cref="Ship.Run"/> wrote and found.</summary>
/// <param name="Target">Name of the consumer.</param>
/// <param name="Output">The directory.</param>
/// <param name="Files">Files in ordinal order, as in <c>SHA256SUMS</c>.</param>
/// <param name="Models">The ONNX files, run as the consumer runs them.</param>
/// <param name="Changes">What differs from the package's files, and why.</param>
/// <param name="Limits">What the consumer cannot have of this package, or must be told.</param>
public sealed record ShipReport(
    string Target,
    string Output,
    IReadOnlyList<ShippedFile> Files,
    IReadOnlyList<ShippedModel> Models,
    IReadOnlyList<string> Changes,
    IReadOnlyList<string> Limits);
