using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Methods;

/// <summary>What a rule knows of one tensor in all models.</summary>
/// <param name="ElementCount">Number of elements.</param>
/// <param name="Pairs">Sums over the first model and each later one; the first model with itself where it is alone.</param>
/// <param name="AllEqual">Whether all models hold the same bytes.</param>
internal sealed record TensorFacts(long ElementCount, IReadOnlyList<PairSums> Pairs, bool AllEqual);
