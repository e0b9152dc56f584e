using System.Text.Json;

namespace OnnxEmbed.Cli.Tests.Commands;

public sealed class InitCommandTests
{
    [Theory]
    [InlineData("bert", "mean")]
    [InlineData("llama", "last")]
    public void Init_Architecture_WritesPackageThatInspectReads(string architecture, string pooling)
    {
        using TemporaryFolder folder = new();
        CommandRun.Done("init", "--arch", architecture, "--hidden", "16", "--layers", "1", "--heads", "2", "--max-length", "32", "-o", folder["m"]);
        using JsonDocument found = JsonDocument.Parse(CommandRun.Done("inspect", folder["m"], "--json").Stdout);
        Assert.Equal("model package", found.RootElement.GetProperty("kind").GetString());
        Assert.Equal(architecture, found.RootElement.GetProperty("model_type").GetString());
        Assert.Equal(pooling, found.RootElement.GetProperty("pooling").GetString());
        Assert.Equal(16, found.RootElement.GetProperty("hidden_size").GetInt32());
    }

    [Fact]
    public void Init_WrongOptions_ListsAllFaultsAndLeavesNothing()
    {
        using TemporaryFolder folder = new();
        CommandRun.Fails(
            2, ["init", "--arch", "gpt", "--heads", "3", "-o", folder["m"]], "architecture: needs bert or llama, got gpt", "heads: needs a divisor", "got 3");
        Assert.Empty(folder.Entries);
    }

    [Fact]
    public void Init_DirectoryExists_IsRefusedAndKept()
    {
        using TemporaryFolder folder = new();
        folder.Write("m/mine.txt", "mine"u8);
        CommandRun.Fails(2, ["init", "--arch", "bert", "-o", folder["m"]], "exists");
        Assert.Equal(["m", "m/mine.txt"], folder.Entries);
    }
}
