using System.Text.Json;

namespace OnnxEmbed.Cli.Tests.Commands;

public sealed class DataAuditCommandTests
{
    [Fact]
    public void Audit_OfASuite_KeepsTheDeclaredBounds()
    {
        using TemporaryFolder folder = new();
        CommandRun.Done(
            "data", "numbers", "--properties", "increasing", "--pairs", "300", "--validation-pairs", "100", "--test-pairs", "100", "-o", folder["n"], "-q");
        using JsonDocument found = JsonDocument.Parse(CommandRun.Done("data", "audit", folder["n"], "--json").Stdout);
        JsonElement row = Assert.Single(found.RootElement.GetProperty("audit").EnumerateArray());
        Assert.Equal("increasing", row.GetProperty("property").GetString());
        Assert.Equal("keeps", row.GetProperty("verdict").GetString());
    }

    [Fact]
    public void Audit_NoSuite_IsRefused()
    {
        using TemporaryFolder folder = new();
        CommandRun.Fails(1, ["data", "audit", folder.Root], "needs a number-theory suite");
    }
}
