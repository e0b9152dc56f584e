using System.Numerics.Tensors;

namespace OnnxEmbed.Evaluation;

/// <summary>
/// Embeddings as a row-major matrix [n, d] of f32: n items (rows), d coordinates (columns). Every value is finite. The values are not
/// copied and must not change.
/// </summary>
public sealed class EmbeddingMatrix
{
    /// <summary>Wraps row-major values [<paramref name="rows"/>, <paramref name="width"/>].</summary>
    /// <exception cref="EvaluationException">The number of values is not rows x width, or a value is NaN or infinite.</exception>
    public EmbeddingMatrix(ReadOnlyMemory<float> values, int rows, int width)
    {
        if (rows < 1 || width < 1)
            throw new EvaluationException($"embeddings: needs at least 1 row and 1 column, got {rows} x {width}");
        if ((long)rows * width != values.Length)
            throw new EvaluationException($"embeddings: needs {rows} x {width} = {(long)rows * width} values, got {values.Length}");
        Values = values;
        Rows = rows;
        Width = width;
        if (TensorPrimitives.IsFiniteAll(values.Span))
            return;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> coordinates = Row(row);
            for (int column = 0; column < width; column++)
            {
                if (!float.IsFinite(coordinates[column]))
                {
                    throw new EvaluationException(
                        FormattableString.Invariant(
                            $"embeddings: needs finite values, got {coordinates[column]} in row {row}, column {column}"));
                }
            }
        }
    }

    /// <summary>The values [n, d], row after row.</summary>
    public ReadOnlyMemory<float> Values { get; }

    /// <summary>Number of items n.</summary>
    public int Rows { get; }

    /// <summary>Number of coordinates d.</summary>
    public int Width { get; }

    /// <summary>The coordinates [d] of one item.</summary>
    public ReadOnlySpan<float> Row(int row) => Values.Span.Slice(checked(row * Width), Width);

    /// <summary>Copies the named rows, in the order given, into a new matrix.</summary>
    public EmbeddingMatrix Select(ReadOnlySpan<int> rows)
    {
        float[] selected = new float[checked(rows.Length * Width)];
        for (int i = 0; i < rows.Length; i++)
            Row(rows[i]).CopyTo(selected.AsSpan(i * Width, Width));
        return new EmbeddingMatrix(selected, rows.Length, Width);
    }
}
