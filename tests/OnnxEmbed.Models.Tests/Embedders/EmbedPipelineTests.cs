using OnnxEmbed.Data;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Models.Tests.Embedders;

public sealed class EmbedPipelineTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Embedder _embedder;

    public EmbedPipelineTests()
    {
        ModelInitOptions options = new() { Architecture = "bert", HiddenSize = 8, Layers = 1, Heads = 2, MaxPositions = 16 };
        _embedder = Embedder.Open(ModelInit.Create(options, _directory["model"]), new EmbedderOptions(1) { MaxTokensPerBatch = 64 });
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _embedder.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(5)]
    [InlineData(1000)]
    public async Task RunAsync_SeveralRowGroups_WritesColumnsAndVectorsInOrder(int chunkRows)
    {
        string[] texts = [.. Enumerable.Range(0, 37).Select(i => string.Join(", ", Enumerable.Range(i, (i % 7) + 1)))];
        ParquetTable table = new([Column.Of("text", texts), Column.Of("label", [.. Enumerable.Range(0, 37).Select(i => (long)i)])]);
        table.Write(_directory["in.parquet"], rowGroupSize: 16);
        List<EmbedProgress> reports = [];

        EmbedProgress done = await EmbedPipeline.RunAsync(_embedder, Options() with { ChunkRows = chunkRows }, new Recorder(reports), Token);

        ParquetTable result = ParquetTable.Read(_directory["out.parquet"]);
        Assert.Equal(["text", "label", "embedding"], result.Columns.Select(column => column.Name));
        Assert.Equal(texts, result.Strings("text"));
        Assert.Equal(table.Integers("label").ToArray(), result.Integers("label").ToArray());
        ListColumn<float> vectors = result.FloatLists("embedding");
        for (int i = 0; i < texts.Length; i++)
        {
            float[] alone = _embedder.Embed([texts[i]], Token).Values;
            Assert.All(alone.Zip(vectors[i].ToArray()), pair => Assert.Equal(pair.First, pair.Second, 5));
        }

        Assert.Equal(done, reports[^1]);
        Assert.Equal((37, 37), (done.Rows, done.TotalRows));
        Assert.Equal(texts.Count(text => text.Replace(", ", ",", StringComparison.Ordinal).Length > 14), done.TruncatedRows);
    }

    [Fact]
    public async Task RunAsync_SameInputTwice_GivesTheSameBytes()
    {
        Write("1", "2, 3", "45");
        await EmbedPipeline.RunAsync(_embedder, Options(), cancellationToken: Token);
        byte[] first = File.ReadAllBytes(_directory["out.parquet"]);

        await EmbedPipeline.RunAsync(_embedder, Options() with { Force = true }, cancellationToken: Token);

        Assert.Equal(first, File.ReadAllBytes(_directory["out.parquet"]));
    }

    [Fact]
    public async Task RunAsync_EmptyFile_WritesAnEmptyFileWithTheColumn()
    {
        Write();

        EmbedProgress done = await EmbedPipeline.RunAsync(_embedder, Options(), cancellationToken: Token);

        Assert.Equal(0, done.Rows);
        Assert.True(ParquetTable.Read(_directory["out.parquet"]).Has("embedding"));
    }

    [Theory]
    [InlineData("sentence", "embedding", "needs a text column 'sentence', the file has text")]
    [InlineData("label", "embedding", "needs a text column 'label'")]
    [InlineData("text", "label", "needs no column 'label', which is to be written")]
    public async Task RunAsync_WrongColumns_SaysWhatTheFileHas(string text, string embedding, string message)
    {
        new ParquetTable([Column.Of("text", ["1"]), Column.Of("label", [1L])]).Write(_directory["in.parquet"]);

        DataException e = await Assert.ThrowsAsync<DataException>(() => EmbedPipeline.RunAsync(
            _embedder, Options() with { TextColumn = text, EmbeddingColumn = embedding }, cancellationToken: Token));

        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_directory.Files(), name => name.Contains("out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RunAsync_NullText_FailsAndLeavesNothing()
    {
        new ParquetTable([Column.Of("text", (IReadOnlyList<string?>)["1", "2", null])]).Write(_directory["in.parquet"]);

        DataException e = await Assert.ThrowsAsync<DataException>(
            () => EmbedPipeline.RunAsync(_embedder, Options() with { ChunkRows = 1 }, cancellationToken: Token));

        Assert.Contains("text", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_directory.Files(), name => name.Contains("out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RunAsync_CancelledUnderWay_LeavesNothing()
    {
        Write([.. Enumerable.Range(0, 500).Select(i => $"{i}")]);
        using CancellationTokenSource source = new();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EmbedPipeline.RunAsync(
            _embedder, Options() with { ChunkRows = 10 }, new Recorder([], source), source.Token));

        Assert.DoesNotContain(_directory.Files(), name => name.Contains("out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RunAsync_OutputExists_RefusesBeforeWorking()
    {
        _directory.Write("out.parquet", "mine");

        await Assert.ThrowsAsync<OptionException>(() => EmbedPipeline.RunAsync(_embedder, Options(), cancellationToken: Token));

        Assert.Equal("mine", File.ReadAllText(_directory["out.parquet"]));
    }

    private EmbedPipelineOptions Options() => new() { InputPath = _directory["in.parquet"], OutputPath = _directory["out.parquet"] };

    private void Write(params string[] texts) => new ParquetTable([Column.Of("text", texts)]).Write(_directory["in.parquet"]);

    private sealed class Recorder(List<EmbedProgress> reports, CancellationTokenSource? cancel = null) : IProgress<EmbedProgress>
    {
        public void Report(EmbedProgress value)
        {
            reports.Add(value);
            cancel?.Cancel();
        }
    }
}
