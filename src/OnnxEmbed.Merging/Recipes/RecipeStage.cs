namespace OnnxEmbed.Merging.Recipes;

/// <summary>One merge of a recipe.</summary>
/// <param name="Name">Name by which later stages refer to its result; null for the last.</param>
/// <param name="Options">What to merge and how; where to and on how many threads is left to who runs it.</param>
public sealed record RecipeStage(string? Name, MergeOptions Options);
