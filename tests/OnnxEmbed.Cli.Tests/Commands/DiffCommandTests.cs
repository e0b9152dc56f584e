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
    public void Diff_SeveralModels_GivesCosinesAndFigures()
    {
        using TemporaryFolder folder = new();
        foreach (string seed in (string[])["1", "2", "3"])
        {
            CommandRun.Done("init", "--arch", "bert", "--hidden", "16", "--layers", "2", "--heads", "2", "--seed", seed, "-o", folder[seed]);
        }

        using JsonDocument found = JsonDocument.Parse(
            CommandRun.Done("diff", folder["1"], folder["2"], folder["3"], "--figures", folder["figures"], "--json", "-q").Stdout);
        JsonElement row = found.RootElement.GetProperty("cosines_of_task_vectors")[0];

        // b - a and c - a of independent a, b, c of one length are 60 degrees apart.
        Assert.InRange(row.GetProperty("2 3").GetDouble(), 0.4, 0.6);
        Assert.Equal(1, row.GetProperty("1 2").GetDouble(), 12);
        string[] names = ["cosines", "heat-map-1", "heat-map-2"];
        Assert.Equal(names.SelectMany(name => (string[])[$"figures/{name}.png", $"figures/{name}.svg"]), folder.Entries.Where(entry => entry.StartsWith("figures/", StringComparison.Ordinal)));
        Assert.Contains("attention", File.ReadAllText(folder["figures/heat-map-1.svg"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Diff_OneModel_IsRefused() => CommandRun.Fails(2, ["diff", "a.onnx"], "needs two models or more");

    [Fact]
    public void Diff_MissingModel_IsRefused() => CommandRun.Fails(1, ["diff", "/no/such/a", "/no/such/b"], "/no/such/a");
}
