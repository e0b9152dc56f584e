using System.Text.Json;

namespace OnnxEmbed.Cli.Tests.Commands;

public sealed class TrainCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TrainCommandTests()
    {
        CommandRun.Done("init", "--arch", "llama", "--hidden", "16", "--layers", "1", "--heads", "2", "--max-length", "80", "-o", _folder["m"]);
        CommandRun.Done("data", "text", "--count", "80", "-o", _folder["t.parquet"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pretrain_Text_WritesAPackageAndReportsProgress()
    {
        CommandRun run = CommandRun.Done(
            "pretrain", _folder["m"], "--data", _folder["t.parquet"], "-o", _folder["run"], "--steps", "4", "--batch-size", "8", "--json");
        using JsonDocument done = JsonDocument.Parse(run.Stdout);
        Assert.Equal(4, done.RootElement.GetProperty("steps").GetInt32());
        Assert.Contains("pretraining 100 % step 4/4", run.Stderr, StringComparison.Ordinal);
        using JsonDocument package = JsonDocument.Parse(CommandRun.Done("inspect", _folder["run/model"], "--json").Stdout);
        Assert.Equal("pretrain", package.RootElement.GetProperty("made_by").GetString());
    }

    [Fact]
    public void Train_Lora_WritesAnAdapterThatEmbedTakesFromTheRun()
    {
        CommandRun.Done(
            "train", _folder["m"], "--data", _folder["t.parquet"], "--label", "family", "--lora", "r=2", "-o", _folder["run"], "--steps", "2", "-q");
        using JsonDocument adapter = JsonDocument.Parse(CommandRun.Done("inspect", _folder["run/adapter"], "--json").Stdout);
        Assert.Equal(2, adapter.RootElement.GetProperty("rank").GetInt32());
        Assert.Equal(4, adapter.RootElement.GetProperty("alpha").GetDouble());
        CommandRun.Done("embed", _folder["m"], "--adapter", _folder["run"], "--data", _folder["t.parquet"], "-o", _folder["e.parquet"]);
    }

    [Theory]
    [InlineData(1, " body", "--text=body")]
    [InlineData(1, " klass", "--label=klass")]
    [InlineData(2, "--loss: needs one of supcon, mnrl, got triplet", "--loss=triplet")]
    [InlineData(2, "r needs a whole number of at least 1, got 0", "--lora=r=0")]
    [InlineData(2, "no_such_proj", "--lora=targets=no_such_proj")]
    [InlineData(2, "--schedule", "--schedule=step")]
    public void Train_WrongOption_FailsAndLeavesNothing(int status, string message, string option) => Refused(
        status, message, "train", _folder["m"], "--data", _folder["t.parquet"], "-o", _folder["run"], "--label", "family", "--steps", "2", option);

    [Fact]
    public void Train_FullAndLora_IsRefused() => Refused(
        2, "--full and --lora", "train", _folder["m"], "--data", _folder["t.parquet"], "-o", _folder["run"], "--full", "--lora", "r=2");

    [Fact]
    public void Train_MissingData_FailsAndLeavesNothing() =>
        Refused(1, "none.parquet", "train", _folder["m"], "--data", _folder["none.parquet"], "-o", _folder["run"]);

    [Fact]
    public void Train_RunExists_IsRefusedAndKept()
    {
        _folder.Write("run/mine.txt", "mine"u8);
        Refused(2, "exists", "train", _folder["m"], "--data", _folder["t.parquet"], "-o", _folder["run"], "--label", "family");
    }

    private void Refused(int status, string message, params string[] line)
    {
        IReadOnlyList<string> before = _folder.Entries;

        // The one option that a case gives stands last and takes the place of an earlier one.
        string name = line[^1].Split('=')[0];
        int earlier = Array.IndexOf(line[..^1], name);
        CommandRun.Fails(status, earlier < 0 ? line : [.. line[..earlier], .. line[(earlier + 2)..]], message);
        Assert.Equal(before, _folder.Entries);
    }
}
