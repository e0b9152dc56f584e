namespace OnnxEmbed.Merging.Vocabularies;

/// <summary>Which row of which model's table stands for a token.</summary>
/// <param name="Kind">What the numbers mean.</param>
/// <param name="Source">Number of the model.</param>
/// <param name="Row">The row in its table; of a mean the number of the list of rows.</param>
internal readonly record struct TokenRow(TokenRowKind Kind, int Source, long Row)
{
    public static TokenRow Zero => new(TokenRowKind.Zero, 0, 0);

    public static TokenRow Of(int source, long row) => new(TokenRowKind.Stored, source, row);

    /// <summary>The mean of all rows of a model.</summary>
    public static TokenRow MeanOf(int source) => new(TokenRowKind.MeanOfTable, source, 0);

    /// <summary>The mean of the rows of a list.</summary>
    public static TokenRow MeanOfRows(int list) => new(TokenRowKind.MeanOfRows, 0, list);
}
