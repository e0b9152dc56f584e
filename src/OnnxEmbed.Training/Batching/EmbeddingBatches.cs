using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Training.Batching;

/// <summary>Lays texts out for losses over embeddings: single texts with labels, or tuples column after column.</summary>
/// <param name="texts">The texts of all columns, column after column: text c·n + i is column c of row i of n rows.</param>
/// <param name="columns">Texts in a row.</param>
/// <param name="labels">Class of each row, or null.</param>
/// <param name="padId">Fills up.</param>
/// <param name="maxLength">Most tokens of a text.</param>
internal sealed class EmbeddingBatches(TokenizedTexts texts, int columns, long[]? labels, int padId, int maxLength)
{
    /// <summary>A batch of the given rows: all first texts, then all second texts, and so on.</summary>
    public TrainingBatch Assemble(int[] rows, int epoch)
    {
        int perColumn = texts.Count / columns;
        int[] order = [.. Enumerable.Range(0, columns).SelectMany(column => rows.Select(row => (column * perColumn) + row))];
        PaddedRows padded = new(texts, order, padId, maxLength);
        long[]? classes = labels is null ? null : [.. rows.Select(row => labels[row])];
        return new TrainingBatch(padded.Rows, padded.Columns, padded.InputIds, padded.AttentionMask, classes, padded.TokenCount);
    }
}
