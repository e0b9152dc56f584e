using System.Text.Json;

namespace OnnxEmbed.Cli.Tests.Commands;

public sealed class EmbedCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public EmbedCommandTests()
    {
        CommandRun.Done("init", "--arch", "bert", "--hidden", "16", "--layers", "1", "--heads", "2", "--max-length", "80", "-o", _folder["m"]);
        CommandRun.Done("data", "text", "--count", "60", "-o", _folder["t.parquet"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Embed_ParquetFile_AddsAVectorColumn()
    {
        using JsonDocument done = JsonDocument.Parse(
            CommandRun.Done("embed", _folder["m"], "--data", _folder["t.parquet"], "-o", _folder["e.parquet"], "--json").Stdout);
        Assert.Equal(60, done.RootElement.GetProperty("rows").GetInt32());
        Assert.Equal(16, done.RootElement.GetProperty("width").GetInt32());
        Assert.Contains("embedding,list of float", CommandRun.Done("inspect", _folder["e.parquet"], "--format", "csv").Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("f16")]
    [InlineData("int8")]
    public void Embed_SmallerTypes_AreEvaluatedLikeF32(string type)
    {
        double expected = Silhouette("f32");
        Assert.Equal(expected, Silhouette(type), 0.01);
        Assert.InRange(Math.Abs(expected), 0.02, 1);
    }

    [Theory]
    [InlineData(1, "needs a text column 'body', the file has text (string)", "--text", "body")]
    [InlineData(1, "adapter_config.json: needs to exist", "--adapter", "/no/such")]
    [InlineData(2, "device: needs cpu, cuda or cuda:N, got gpu", "--device", "gpu")]
    [InlineData(2, "--dtype: needs f32, f16, int8, got 'bf16'", "--dtype", "bf16")]
    [InlineData(2, "--normalize: needs on or off, got 'yes'", "--normalize", "yes")]
    [InlineData(2, "dimensions: needs a number in [1, 16], got 99", "--dim", "99")]
    [InlineData(2, "prompt: needs none, got query", "--prompt", "query")]
    [InlineData(2, "rows of a window: needs 1 or more, got 0", "--window", "0")]
    [InlineData(2, "sessions: needs a number in [1, 1], the threads, got 2", "--sessions", "2")]
    [InlineData(2, "option --threads: needs a whole number, got 'two'", "--threads", "two")]
    public void Embed_WrongOption_FailsAndLeavesNothing(int status, string message, string option, string value) =>
        Refused(status, message, _folder["m"], _folder["t.parquet"], option, value);

    [Fact]
    public void Embed_MissingPackage_FailsAndLeavesNothing() => Refused(1, "needs a model package", _folder["none"], _folder["t.parquet"]);

    [Fact]
    public void Embed_MissingData_FailsAndLeavesNothing() => Refused(1, "none.parquet: no such file", _folder["m"], _folder["none.parquet"]);

    [Fact]
    public void Embed_TruncatedData_FailsAndLeavesNothing()
    {
        byte[] whole = File.ReadAllBytes(_folder["t.parquet"]);
        Refused(1, "cut.parquet", _folder["m"], _folder.Write("cut.parquet", whole.AsSpan(0, whole.Length / 2)));
    }

    [Fact]
    public void Embed_TruncatedModel_FailsAndLeavesNothing()
    {
        byte[] whole = File.ReadAllBytes(_folder["m/onnx/model.onnx"]);
        _folder.Write("m/onnx/model.onnx", whole.AsSpan(0, whole.Length / 2));
        Refused(1, "model.onnx", _folder["m"], _folder["t.parquet"]);
    }

    private double Silhouette(string type)
    {
        string embeddings = _folder[type + ".parquet"];
        CommandRun.Done("embed", _folder["m"], "--data", _folder["t.parquet"], "-o", embeddings, "--dtype", type, "--dim", "12", "--normalize", "off");
        CommandRun.Done("eval", "--embeddings", embeddings, "--label", "family", "-o", _folder[type]);
        using JsonDocument metrics = JsonDocument.Parse(File.ReadAllText(_folder[type + "/metrics.json"]));
        return metrics.RootElement.GetProperty("metrics").GetProperty("silhouette_euclidean").GetDouble();
    }

    private void Refused(int status, string message, string package, string data, params string[] more)
    {
        IReadOnlyList<string> before = _folder.Entries;
        CommandRun.Fails(status, ["embed", package, "--data", data, "-o", _folder["e.parquet"], .. more], message);
        Assert.Equal(before, _folder.Entries);
    }
}
