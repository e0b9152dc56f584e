namespace OnnxEmbed.Merging;

/// <summary>A model that was tried in a greedy soup.</summary>
/// <param name="Model">Index of the model.</param>
/// <param name="OwnScore">Score of the model alone.</param>
/// <param name="SoupScore">Score of the soup so far with this model in it.</param>
/// <param name="IsKept">Whether the model stays in the soup.</param>
public readonly record struct GreedySoupStep(int Model, double OwnScore, double SoupScore, bool IsKept);
