namespace OnnxEmbed.Cli.Tests.Commands;

public sealed class DataTextCommandTests
{
    [Fact]
    public void Text_SameSeed_SameBytesAndInspectable()
    {
        using TemporaryFolder folder = new();
        CommandRun.Done("data", "text", "--count", "200", "--seed", "3", "-o", folder["a.parquet"]);
        CommandRun.Done("data", "text", "--count", "200", "--seed", "3", "-o", folder["b.parquet"]);
        Assert.Equal(File.ReadAllBytes(folder["a.parquet"]), File.ReadAllBytes(folder["b.parquet"]));
    }

    [Fact]
    public void Text_FileExists_IsRefusedAndKept()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("a.parquet", "mine"u8);
        CommandRun.Fails(2, ["data", "text", "--count", "10", "-o", path], "a.parquet: exists; --force replaces it");
        Assert.Equal("mine", File.ReadAllText(path));
    }

    [Theory]
    [InlineData("--shares=unknown=1", "unknown family unknown")]
    [InlineData("--shares=counting", "needs name=value pairs")]
    [InlineData("--shares=counting=x", "needs numbers, got 'x'")]
    [InlineData("--count=0", "count: needs at least 1, got 0")]
    [InlineData("--max-digits=1", "max digits: needs a number in [2, 9], got 1")]
    public void Text_WrongOption_IsRefusedAndLeavesNothing(string option, string message)
    {
        using TemporaryFolder folder = new();
        CommandRun.Fails(2, ["data", "text", "-o", folder["a.parquet"], option], message);
        Assert.Empty(folder.Entries);
    }

    [Fact]
    public void Text_Interrupted_ExitsAs130AndLeavesNothing()
    {
        using TemporaryFolder folder = new();
        CommandRun run = CommandRun.Of(new CancellationToken(canceled: true), "data", "text", "-o", folder["a.parquet"]);
        Assert.Equal(130, run.Status);
        Assert.Equal(["onnxembed: stopped"], run.Errors);
        Assert.Empty(folder.Entries);
    }
}
