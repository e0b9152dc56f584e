using System.Text.Json;

namespace OnnxEmbed.Cli.Tests.Commands;

public sealed class DiffCommandTests
{
    [Fact]
    public void Diff_OtherSeeds_FindsTheAngleBetweenWeights()
    {
        using TemporaryFolder folder = new();
        foreach (string seed in (string[])["1", "2"])
        {
            CommandRun.Done("init", "--arch", "bert", "--hidden", "16", "--layers", "1", "--heads", "2", "--seed", seed, "-o", folder[seed]);
        }

        using JsonDocument found = JsonDocument.Parse(CommandRun.Done("diff", folder["1"], folder["2"], "--json", "-q").Stdout);
        Assert.InRange(found.RootElement.GetProperty("angle_degrees").GetDouble(), 85, 95);
        Assert.True(found.RootElement.GetProperty("tensors_equal").GetInt32() > 0);
    }

    [Fact]
    public void Diff_MissingModel_IsRefused() => CommandRun.Fails(1, ["diff", "/no/such/a", "/no/such/b"], "/no/such/a");
}
