namespace OnnxEmbed.Merging.Inputs;

/// <summary>One tensor of the result and where another model holds its values, as a plan shows it.</summary>
/// <param name="Tensor">The tensor, or part of one, of the first model.</param>
/// <param name="Model">The other model.</param>
/// <param name="Other">Its tensor; null where it has none and the first model's is kept.</param>
/// <param name="Kind">How it was found.</param>
/// <param name="Transposed">Whether it lies transposed.</param>
/// <param name="Part">Whether it is a part of <paramref name="Other"/>.</param>
public sealed record TensorMatch(string Tensor, string Model, string? Other, MatchKind Kind, bool Transposed, bool Part);
