namespace OnnxEmbed.Evaluation.Pages;

/// <summary>A cell: a text, or a number with what belongs to it.</summary>
/// <param name="Text">The text; null for a number.</param>
/// <param name="Value">The number; null for a text, or where there is none.</param>
/// <param name="Detail">A smaller text after it, such as an interval; null: none.</param>
public readonly record struct TableCell(string? Text, double? Value, string? Detail = null)
{
    /// <summary>A cell without a value.</summary>
    public static TableCell Empty => new(null, null);

    /// <summary>A text.</summary>
    public static implicit operator TableCell(string text) => new(text, null);

    /// <summary>A number; NaN is an empty cell.</summary>
    public static implicit operator TableCell(double value) => double.IsNaN(value) ? Empty : new(null, value);
}
