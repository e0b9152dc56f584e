using OnnxEmbed.Models.Adapters;

namespace OnnxEmbed.Merging.Adapters.Combining;

/// <summary>One adapter's part in a layer.</summary>
/// <param name="Adapter">Index of the adapter.</param>
/// <param name="Module">Its factors.</param>
/// <param name="Weight">Its weight.</param>
internal sealed record CombinedPart(int Adapter, LoraModule Module, double Weight);
