namespace OnnxEmbed.Evaluation.Pages;

/// <summary>A number that matters, large.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">The number as text.</param>
/// <param name="Range">Its uncertainty or its baseline; null: none.</param>
/// <param name="Explanation">What it says, in one sentence; null: none.</param>
public sealed record KeyFigure(string Name, string Value, string? Range = null, string? Explanation = null);
