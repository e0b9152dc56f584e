using System.Text.Json;

namespace OnnxEmbed.Cli.Tests.Commands;

public sealed class EvalCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public EvalCommandTests()
    {
        CommandRun.Done("init", "--arch", "bert", "--hidden", "16", "--layers", "1", "--heads", "2", "--max-length", "80", "-o", _folder["m"]);
        CommandRun.Done(
            "data", "numbers", "--properties", "increasing", "--pairs", "40", "--validation-pairs", "0", "--test-pairs", "30", "--ood-pairs", "0", "-o", _folder["n"], "-q");
    }

    private string Test => _folder["n/increasing/test.parquet"];

    private string Train => _folder["n/increasing/train.parquet"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Eval_ModelAndFileOfItsEmbeddings_GiveTheSameMetrics()
    {
        CommandRun.Done("embed", _folder["m"], "--data", Test, "-o", _folder["e.parquet"], "-q");
        CommandRun.Done("embed", _folder["m"], "--data", Train, "-o", _folder["t.parquet"], "-q");
        CommandRun.Done("eval", _folder["m"], "--data", Test, "--train", Train, "-o", _folder["a"], "--permutations", "19", "-q", "--title", "x");
        CommandRun.Done(
            "eval", "--embeddings", _folder["e.parquet"], "--train", _folder["t.parquet"], "-o", _folder["b"], "--permutations", "19", "-q", "--title", "x");
        string metrics = File.ReadAllText(_folder["a/metrics.json"]);
        Assert.Equal(metrics, File.ReadAllText(_folder["b/metrics.json"]));
        using JsonDocument json = JsonDocument.Parse(metrics);
        Assert.Equal(60, json.RootElement.GetProperty("n").GetInt32());
        Assert.InRange(json.RootElement.GetProperty("metrics").GetProperty("probe_accuracy").GetDouble(), 0, 1);
        Assert.True(File.Exists(_folder["a/report.html"]) && File.Exists(_folder["a/figures/projection.svg"]));
    }

    [Theory]
    [InlineData(1, "needs a column klass", "--label", "klass")]
    [InlineData(2, "metric: needs one of silhouette_euclidean", "--metrics", "sillhouette")]
    [InlineData(1, "body", "--text", "body")]
    [InlineData(1, "none.parquet", "--train", "none.parquet")]
    [InlineData(2, "or --embeddings FILE alone", "--embeddings", "e.parquet")]
    public void Eval_WrongOption_FailsAndLeavesNothing(int status, string message, string option, string value)
    {
        IReadOnlyList<string> before = _folder.Entries;
        CommandRun.Fails(status, ["eval", _folder["m"], "--data", Test, "-o", _folder["a"], option, value], message);
        Assert.Equal(before, _folder.Entries);
    }

    [Fact]
    public void Eval_NoVectors_NamesTheColumns()
    {
        CommandRun.Fails(1, ["eval", "--embeddings", Test, "-o", _folder["a"]], "needs a column embedding, has id");
        Assert.False(Directory.Exists(_folder["a"]));
    }

    [Fact]
    public void Eval_DirectoryExists_IsRefusedAndKept()
    {
        _folder.Write("a/mine.txt", "mine"u8);
        CommandRun.Fails(2, ["eval", _folder["m"], "--data", Test, "-o", _folder["a"]], "exists");
        Assert.Equal("mine", File.ReadAllText(_folder["a/mine.txt"]));
    }
}
