using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Shipping;

/// <summary>How a consumer makes vectors with the model it is given.</summary>
/// <param name="Output">Name of the output it takes; null for the first.</param>
/// <param name="Pooling">How it pools the tokens of that output; null where it takes the output as the vector.</param>
/// <param name="Normalizes">Whether it scales vectors to length 1.</param>
/// <param name="PadsLeft">Whether it pads at the left.</param>
/// <param name="RunsDense">Whether it runs the package's Dense modules after its pooling.</param>
internal sealed record ConsumerReading(string? Output, PoolingMode? Pooling, bool Normalizes, bool PadsLeft = false, bool RunsDense = false);
