namespace OnnxEmbed.Merging.Searching;

/// <summary>A point that a search has tried.</summary>
/// <param name="Values">The value of each parameter.</param>
/// <param name="Score">Its score.</param>
public sealed record SearchTrial(IReadOnlyList<double> Values, double Score);
