namespace OnnxEmbed.Models.Embedders;

/// <summary>One vector a text, in the order of the texts.</summary>
/// <param name="Values">Row-major [Rows, Columns].</param>
/// <param name="Rows">Number of texts.</param>
/// <param name="Columns">Width of a vector.</param>
/// <param name="TruncatedCount">Texts that lost tokens to the maximum length.</param>
/// <param name="TokenCount">Tokens that were run, padding not counted.</param>
public sealed record EmbeddedTexts(float[] Values, int Rows, int Columns, int TruncatedCount, long TokenCount)
{
    /// <summary>The vector of one text.</summary>
    public ReadOnlySpan<float> this[int row] => Values.AsSpan(checked(row * Columns), Columns);
}
