using OnnxEmbed.Data;
using OnnxEmbed.Data.Carrying;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Comparing;
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
    public async Task RunAsync_SeveralRowGroups_WritesColumnsAndVectorsInOrder(int windowRows)
    {
        string[] texts = [.. Enumerable.Range(0, 37).Select(i => string.Join(", ", Enumerable.Range(i, (i % 7) + 1)))];
        ParquetTable table = new([Column.Of("text", texts), Column.Of("label", [.. Enumerable.Range(0, 37).Select(i => (long)i)])]);
        table.Write(_directory["in.parquet"], rowGroupSize: 16);
        List<EmbedProgress> reports = [];

        EmbedProgress done = await EmbedPipeline.RunAsync(_embedder, Options() with { WindowRows = windowRows }, new Recorder(reports), Token);

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
        Assert.Equal(texts.Count(text => text.Replace(", ", ",", StringComparison.Ordinal).Length > 14), done.TruncatedTexts);
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
            _embedder, Options() with { TextColumns = [text], EmbeddingColumn = embedding }, cancellationToken: Token));

        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_directory.Files(), name => name.Contains("out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RunAsync_NullAndEmptyTexts_GiveANullVectorAndThatOfTheFrame()
    {
        new ParquetTable([Column.Of("text", (IReadOnlyList<string?>)["1", null, "", null])]).Write(_directory["in.parquet"]);

        EmbedProgress done = await EmbedPipeline.RunAsync(_embedder, Options() with { WindowRows = 2 }, cancellationToken: Token);

        ListColumn<float> vectors = (ListColumn<float>)ParquetTable.Read(_directory["out.parquet"])["embedding"];
        Assert.Equal([false, true, false, true], Enumerable.Range(0, 4).Select(vectors.IsNull));
        Assert.Equal(_embedder.Embed([""], Token).Values, vectors[2].ToArray());
        Assert.Equal(2, done.NullTexts);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 2)]
    [InlineData(3, 3)]
    public async Task RunAsync_OtherThreadsAndSessions_GivesTheSameBytes(int threads, int sessions)
    {
        Write([.. Enumerable.Range(0, 700).Select(i => string.Join(", ", Enumerable.Range(i, i % 9)))]);
        await EmbedPipeline.RunAsync(_embedder, Options() with { WindowRows = 300 }, cancellationToken: Token);
        byte[] expected = File.ReadAllBytes(_directory["out.parquet"]);

        using Embedder embedder = Embedder.Open(_embedder.Package, new EmbedderOptions(threads) { Sessions = sessions, MaxTokensPerBatch = 64 });
        await EmbedPipeline.RunAsync(embedder, Options() with { WindowRows = 300, Force = true }, cancellationToken: Token);

        Assert.Equal(expected, File.ReadAllBytes(_directory["out.parquet"]));
    }

    [Fact]
    public async Task RunAsync_TwoTextColumns_WritesTwoColumnsOfVectors()
    {
        ParquetTable table = new([Column.Of("a", ["1", "2", "3"]), Column.Of("n", [1L, 2L, 3L]), Column.Of("b", (IReadOnlyList<string?>)["4", null, "6, 7"])]);
        table.Write(_directory["in.parquet"], rowGroupSize: 2);

        await EmbedPipeline.RunAsync(_embedder, Options() with { TextColumns = ["b", "a"] }, cancellationToken: Token);

        ParquetTable result = ParquetTable.Read(_directory["out.parquet"]);
        Assert.Equal(["a", "n", "b", "embedding_b", "embedding_a"], result.Columns.Select(column => column.Name));
        ListColumn<float> ofB = (ListColumn<float>)result["embedding_b"];
        Assert.True(ofB.IsNull(1));
        TensorAssert.Close(_embedder.Embed(["3"], Token)[0], result.FloatLists("embedding_a")[2], new Tolerance(1e-6, 1e-5));
        TensorAssert.Close(_embedder.Embed(["6, 7"], Token)[0], ofB[2], new Tolerance(1e-6, 1e-5));
    }

    [Theory]
    [InlineData(VectorType.Float16, 0.0005)]
    [InlineData(VectorType.Int8, 0.004)]
    public async Task RunAsync_SmallerType_ReadsBackWithinItsError(VectorType type, double error)
    {
        string[] texts = [.. Enumerable.Range(0, 100).Select(i => string.Join(", ", Enumerable.Range(i, (i % 5) + 1)))];
        Write(texts);

        await EmbedPipeline.RunAsync(_embedder, Options() with { Type = type, WindowRows = 30 }, cancellationToken: Token);

        EmbeddingMatrix read = EmbeddingColumn.Read(ParquetTable.Read(_directory["out.parquet"]));
        Assert.Equal((100, 8), (read.Rows, read.Width));
        Assert.All(_embedder.Embed(texts, Token).Values.Zip(read.Values), pair => Assert.Equal(pair.First, pair.Second, error));
    }

    [Fact]
    public async Task RunAsync_CancelledUnderWay_KeepsPartsAndGoesOnToTheSameBytes()
    {
        Write([.. Enumerable.Range(0, 500).Select(i => $"{i}")]);
        EmbedPipelineOptions options = Options() with { WindowRows = 10 };
        await EmbedPipeline.RunAsync(_embedder, options, cancellationToken: Token);
        byte[] expected = File.ReadAllBytes(_directory["out.parquet"]);
        File.Delete(_directory["out.parquet"]);
        using CancellationTokenSource source = new();

        EmbedStoppedException e = await Assert.ThrowsAsync<EmbedStoppedException>(
            () => EmbedPipeline.RunAsync(_embedder, options, new Recorder([], source), source.Token));

        Assert.Matches(@"^stopped after \d+0 of 500 rows; the same command goes on from .*out\.parquet\.partial$", e.Message);
        Assert.False(File.Exists(_directory["out.parquet"]));
        EmbedProgress done = await EmbedPipeline.RunAsync(_embedder, options, cancellationToken: Token);
        Assert.InRange(done.ResumedRows, 10, 490);
        Assert.Equal(500, done.Rows);
        Assert.Equal(expected, File.ReadAllBytes(_directory["out.parquet"]));
        Assert.False(Directory.Exists(options.PartialPath));
    }

    [Fact]
    public async Task RunAsync_DiskThatIsFull_SaysWhatIsKeptAndGoesOnToTheSameBytes()
    {
        Write([.. Enumerable.Range(0, 200).Select(i => $"{i}")]);
        EmbedPipelineOptions options = Options() with { WindowRows = 10 };

        DataException e = await Assert.ThrowsAsync<DataException>(
            () => EmbedPipeline.RunAsync(_embedder, options, new FullDisk(5), Token));

        Assert.EndsWith(
            "out.parquet.partial: cannot be written (No space left on device); 50 of 200 rows are kept, the same command goes on from there",
            e.Message,
            StringComparison.Ordinal);
        EmbedProgress done = await EmbedPipeline.RunAsync(_embedder, options, cancellationToken: Token);
        Assert.Equal((200, 50), (done.Rows, done.ResumedRows));
        Assert.Equal(await Whole(options), File.ReadAllBytes(_directory["out.parquet"]));
    }

    [Theory]
    [InlineData("rows.parquet", 40)]
    [InlineData("rows.parquet", -3)]
    [InlineData("parts.log", -20)]
    [InlineData("parts.log", 30)]
    public async Task RunAsync_PartThatIsDamaged_IsWrittenAgain(string file, int at)
    {
        EmbedPipelineOptions options = await Stopped();
        string path = Path.Combine(options.PartialPath, file);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[at < 0 ? bytes.Length + at : at] ^= 1;
        File.WriteAllBytes(path, bytes);

        await EmbedPipeline.RunAsync(_embedder, options, cancellationToken: Token);

        Assert.Equal(await Whole(options), File.ReadAllBytes(_directory["out.parquet"]));
    }

    [Theory]
    [InlineData("rows.parquet")]
    [InlineData("parts.log")]
    public async Task RunAsync_PartThatIsCutOff_IsWrittenAgain(string file)
    {
        for (int cut = 1; cut < 1000; cut += 331)
        {
            EmbedPipelineOptions options = await Stopped();
            string path = Path.Combine(options.PartialPath, file);
            byte[] bytes = File.ReadAllBytes(path);
            File.WriteAllBytes(path, bytes.AsSpan(0, Math.Max(0, bytes.Length - cut)));

            await EmbedPipeline.RunAsync(_embedder, options, cancellationToken: Token);

            Assert.Equal(await Whole(options), File.ReadAllBytes(_directory["out.parquet"]));
            File.Delete(_directory["out.parquet"]);
        }
    }

    [Fact]
    public async Task RunAsync_ChangedInput_IsRefusedUntilRestart()
    {
        EmbedPipelineOptions options = await Stopped();
        Write([.. Enumerable.Range(1, 200).Select(i => $"{i}")]);

        OptionException e = await Assert.ThrowsAsync<OptionException>(() => EmbedPipeline.RunAsync(_embedder, options, cancellationToken: Token));

        Assert.Contains("out.parquet.partial: holds rows of other work: input was sha256:", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("option", e.Message[..e.Message.IndexOf("give", StringComparison.Ordinal)], StringComparison.Ordinal);
        EmbedProgress done = await EmbedPipeline.RunAsync(_embedder, options with { Restart = true }, cancellationToken: Token);
        Assert.Equal((200, 0), (done.Rows, done.ResumedRows));
    }

    [Fact]
    public async Task RunAsync_ChangedOptionsAndPackage_NamesAll()
    {
        EmbedPipelineOptions options = await Stopped();
        File.AppendAllText(Path.Combine(_embedder.Package.FullPath, "tokenizer.json"), "\n");
        using Embedder other = Embedder.Open(_embedder.Package, new EmbedderOptions(1) { MaxTokensPerBatch = 32, Dimensions = 4 });

        OptionException e = await Assert.ThrowsAsync<OptionException>(
            () => EmbedPipeline.RunAsync(other, options with { Type = VectorType.Int8 }, cancellationToken: Token));

        Assert.Contains("option batch-tokens was 64, is 32; option dim was 8, is 4; option dtype was Float32, is Int8; package tokenizer.json was", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_DirectoryOfSomeoneElse_IsLeftAlone()
    {
        Write("1");
        _directory.Write("out.parquet.partial/letter.txt", "mine");

        OptionException e = await Assert.ThrowsAsync<OptionException>(() => EmbedPipeline.RunAsync(_embedder, Options() with { Restart = true }, cancellationToken: Token));

        Assert.Contains("needs to be free for work under way", e.Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(_directory["out.parquet.partial/letter.txt"]));
    }

    [Fact]
    public async Task RunAsync_VectorThatIsNotFinite_NamesTheRowAndLeavesNothing()
    {
        ModelPackage package = _embedder.Package;
        using OnnxModel model = OnnxModel.Load(package.ModelPath);
        float[] bias = new float[8];
        bias[3] = float.NaN;
        Dictionary<string, TensorData> tensors = new(model.Tensors) { ["encoder.layer.0.output.LayerNorm.bias"] = TensorData.From<float>(bias, 8) };
        using OnnxModel broken = new(model.Proto, tensors);
        using Embedder embedder = Embedder.Open(package, broken, new EmbedderOptions(1));
        Write("1", "2");

        DataException e = await Assert.ThrowsAsync<DataException>(() => EmbedPipeline.RunAsync(embedder, Options(), cancellationToken: Token));

        Assert.Contains("for row 0 of column text; are its weights finite?", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_directory.Files(), name => name.Contains("out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RunAsync_OutputExists_RefusesBeforeWorking()
    {
        _directory.Write("out.parquet", "mine");

        await Assert.ThrowsAsync<OptionException>(() => EmbedPipeline.RunAsync(_embedder, Options(), cancellationToken: Token));

        Assert.Equal("mine", File.ReadAllText(_directory["out.parquet"]));
    }

    /// <summary>Work of 200 rows in windows of 10 that was stopped under way.</summary>
    private async Task<EmbedPipelineOptions> Stopped()
    {
        Write([.. Enumerable.Range(0, 200).Select(i => $"{i}")]);
        EmbedPipelineOptions options = Options() with { WindowRows = 10 };
        using CancellationTokenSource source = new();
        await Assert.ThrowsAsync<EmbedStoppedException>(
            () => EmbedPipeline.RunAsync(_embedder, options, new Recorder([], source, 4), source.Token));
        return options;
    }

    private async Task<byte[]> Whole(EmbedPipelineOptions options)
    {
        await EmbedPipeline.RunAsync(_embedder, options with { OutputPath = _directory["whole.parquet"], Force = true }, cancellationToken: Token);
        return File.ReadAllBytes(_directory["whole.parquet"]);
    }

    private EmbedPipelineOptions Options() => new() { InputPath = _directory["in.parquet"], OutputPath = _directory["out.parquet"] };

    private void Write(params string[] texts) => new ParquetTable([Column.Of("text", texts)]).Write(_directory["in.parquet"], force: true);

    /// <summary>The disk has room for so many parts; who is told of the last gets the error.</summary>
    private sealed class FullDisk(int parts) : IProgress<EmbedProgress>
    {
        private int _left = parts;

        public void Report(EmbedProgress value)
        {
            if (--_left == 0)
            {
                throw new IOException("No space left on device");
            }
        }
    }

    private sealed class Recorder(List<EmbedProgress> reports, CancellationTokenSource? cancel = null, int after = 1) : IProgress<EmbedProgress>
    {
        public void Report(EmbedProgress value)
        {
            reports.Add(value);
            if (reports.Count >= after)
            {
                cancel?.Cancel();
            }
        }
    }
}
