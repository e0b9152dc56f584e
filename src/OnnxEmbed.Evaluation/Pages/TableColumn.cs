namespace OnnxEmbed.Evaluation.Pages;

/// <summary>A column of a table.</summary>
/// <param name="Name">Its heading.</param>
public sealed record TableColumn(string Name)
{
    /// <summary>Whether it holds numbers: aligned right, sorted by value.</summary>
    public bool IsNumber { get; init; }

    /// <summary>What it means, listed below the table; null: nothing.</summary>
    public string? Note { get; init; }

    /// <summary>Format of its numbers.</summary>
    /// <value>F3.</value>
    public string Format { get; init; } = "F3";

    /// <summary>Whether its best number is marked, and which end is best: true the highest, false the lowest, null none.</summary>
    public bool? IsHigherBest { get; init; }

    /// <summary>Numbers from 0 to this are shaded from nothing to full; null: no shading. For heat tables.</summary>
    public double? HeatTo { get; init; }

    /// <summary>Whether it holds sentences.</summary>
    public bool IsLong { get; init; }
}
