using OnnxEmbed.Data.Carrying;

namespace OnnxEmbed.Models.Embedders;

/// <summary>A block of rows on its way through the pipeline: its texts column after column, their ids, and the vectors as they come.</summary>
internal sealed class EmbedWindow
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left;

    public EmbedWindow(CarriedTable rows, Embedder embedder, EmbedPipelineOptions options, long firstRow)
    {
        Rows = rows;
        int count = rows.RowCount;
        string?[] texts = rows.Texts is [{ } only] ? only : [.. rows.Texts.SelectMany(column => column)];
        Texts = embedder.Tokenize(texts, text => $"row {firstRow + (text % count)} of column {options.TextColumns[text / count]}");
        Vectors = [.. options.VectorColumns.Select(name => new VectorColumn(name, options.Type, count, embedder.Width))];
        for (int text = 0; text < texts.Length; text++)
        {
            if (Texts.IsNull(text))
            {
                Vectors[text / count].SetNull(text % count);
            }
        }

        Batches = Texts.Batches(embedder.Options.MaxTokensPerBatch);
        _left = Batches.Count;
        if (_left == 0)
        {
            _done.SetResult();
        }
    }

    public CarriedTable Rows { get; }

    public TokenizedTexts Texts { get; }

    public IReadOnlyList<VectorColumn> Vectors { get; }

    public IReadOnlyList<int[]> Batches { get; }

    /// <summary>Complete when every text has its vector.</summary>
    public Task Done => _done.Task;

    public void Run(Embedder embedder, int[] batch)
    {
        int count = Rows.RowCount;
        embedder.RunBatch(Texts, batch, (text, vector) => Vectors[text / count].Set(text % count, vector));
        if (Interlocked.Decrement(ref _left) == 0)
        {
            _done.SetResult();
        }
    }
}
