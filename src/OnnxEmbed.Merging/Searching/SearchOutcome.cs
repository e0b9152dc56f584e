namespace OnnxEmbed.Merging.Searching;

/// <summary>What a search found.</summary>
/// <param name="Trials">Every point that was tried, once each, in order.</param>
/// <param name="Best">
/// The point with the highest score; of several, the one nearest to where the search began, then the one tried first.
/// </param>
public sealed record SearchOutcome(IReadOnlyList<SearchTrial> Trials, SearchTrial Best);
