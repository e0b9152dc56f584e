using System.Text.Json;

namespace OnnxEmbed.Cli.Tests.Commands;

public sealed class ShipCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ShipCommandTests() =>
        CommandRun.Done("init", "--arch", "bert", "--hidden", "16", "--layers", "1", "--heads", "2", "--max-length", "32", "-o", _folder["a"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Ship_WithAVariant_TellsFilesAndDifferences()
    {
        using JsonDocument done = JsonDocument.Parse(
            CommandRun.Done("ship", _folder["a"], "--target", "vespa", "--variants", "fp16", "-o", _folder["out"], "--json").Stdout);

        JsonElement[] models = [.. done.RootElement.GetProperty("models").EnumerateArray()];
        Assert.Equal(["models/model.onnx", "models/model_fp16.onnx"], models.Select(model => model.GetProperty("file").GetString()));
        Assert.True(File.Exists(_folder["out/component.xml"]));
    }

    [Theory]
    [InlineData("elastic", "none", 2, "sentence-transformers, transformers.js")]
    [InlineData("vespa", "int4", 2, "needs fp16, int8 or none")]
    [InlineData("tei", "int8", 1, "no variants")]
    public void Ship_WrongInput_IsOneLineAndLeavesNothing(string target, string variants, int status, string said)
    {
        CommandRun run = CommandRun.Of("ship", _folder["a"], "--target", target, "--variants", variants, "-o", _folder["out"]);

        Assert.Equal(status, run.Status);
        Assert.Contains(said, Assert.Single(run.Errors));
        Assert.False(Directory.Exists(_folder["out"]));
    }
}
