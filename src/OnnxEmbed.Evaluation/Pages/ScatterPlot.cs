using OnnxEmbed.Evaluation.Attributes;
using OnnxEmbed.Evaluation.Projections;

namespace OnnxEmbed.Evaluation.Pages;

/// <summary>Points of a <see cref="ScatterSection"/>.</summary>
/// <param name="Title">Name of the plot; empty: none.</param>
/// <param name="Projection">The points [n]; the first two coordinates are drawn.</param>
/// <param name="Columns">What points may be coloured by; the first is shown at first. At least one.</param>
/// <param name="Texts">Text [n] shown with a point; null: none.</param>
public sealed record ScatterPlot(
    string Title, Projection Projection, IReadOnlyList<AttributeColumn> Columns, IReadOnlyList<string>? Texts = null);
