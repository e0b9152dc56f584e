namespace OnnxEmbed.Data;

/// <summary>Embeddings of n rows as one matrix.</summary>
/// <param name="Values">Row-major, [<paramref name="Rows"/>, <paramref name="Width"/>], f32.</param>
/// <param name="Rows">Number of embeddings.</param>
/// <param name="Width">Numbers an embedding; 0 only when there are no rows.</param>
public sealed record EmbeddingMatrix(float[] Values, int Rows, int Width)
{
    /// <summary>The embedding of one row.</summary>
    public ReadOnlySpan<float> Row(int row) => Values.AsSpan(row * Width, Width);
}
