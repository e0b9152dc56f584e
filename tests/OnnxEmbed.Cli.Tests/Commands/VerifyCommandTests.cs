using System.Text.Json;

namespace OnnxEmbed.Cli.Tests.Commands;

public sealed class VerifyCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public VerifyCommandTests()
    {
        Init("a", 1);
        Init("b", 2);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Verify_MergedPackage_FindsEveryFileAsItWas()
    {
        Merge(_folder["a"], _folder["b"], "-o", _folder["c"]);
        using JsonDocument done = JsonDocument.Parse(CommandRun.Done("verify", _folder["c"], "--json").Stdout);
        Assert.Equal(0, done.RootElement.GetProperty("changed").GetInt32());
        Assert.Equal(0, done.RootElement.GetProperty("missing").GetInt32());
        string[] files = [.. done.RootElement.GetProperty("files").EnumerateArray().Select(file => $"{file.GetProperty("role")} {file.GetProperty("file")}")];
        Assert.Superset(
            new HashSet<string> { "result onnx/model.onnx", "result config.json", "result merge-report.json", "result merge-recipe.yaml", "model 1 onnx/model.onnx", "model 2 tokenizer.json" },
            files.ToHashSet());
    }

    [Fact]
    public void Verify_ChangedAndMissingFiles_AreEachNamed()
    {
        Merge(_folder["a"], _folder["b"], "-o", _folder["c"]);
        byte[] model = File.ReadAllBytes(_folder["c/onnx/model.onnx"]);
        model[^1] ^= 1;
        File.WriteAllBytes(_folder["c/onnx/model.onnx"], model);
        File.Delete(_folder["c/modules.json"]);
        CommandRun run = CommandRun.Of("verify", _folder["c"]);
        Assert.Equal(1, run.Status);
        string error = Assert.Single(run.Errors);
        Assert.Contains("modules.json is missing", error, StringComparison.Ordinal);
        Assert.Contains("onnx/model.onnx has other bytes", error, StringComparison.Ordinal);
        Assert.DoesNotContain("config.json", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_ChangedInput_IsNamedAndAnAbsentOneIsNoFault()
    {
        Merge(_folder["a"], _folder["b"], "-o", _folder["c"]);
        Directory.Delete(_folder["a"], recursive: true);
        CommandRun.Done("verify", _folder["c"]);
        File.AppendAllText(_folder["b/tokenizer.json"], " ");
        CommandRun run = CommandRun.Of("verify", _folder["c"]);
        Assert.Equal(1, run.Status);
        Assert.Contains("model 2 tokenizer.json has other bytes", Assert.Single(run.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_BareFile_NeedsItsManifest()
    {
        string a = _folder["a/onnx/model.onnx"];
        string b = _folder["b/onnx/model.onnx"];
        Merge(a, b, "-o", _folder["c.onnx"]);
        CommandRun.Fails(1, ["verify", _folder["c.onnx"]], "c.onnx.merge-manifest.json, which merge --manifest writes beside a bare file; there is none");
        Merge(a, b, "-o", _folder["c.onnx"], "--manifest", "--force");
        CommandRun.Done("verify", _folder["c.onnx"]);
        File.AppendAllText(_folder["c.onnx"], "x");
        Assert.Contains("c.onnx has other bytes", Assert.Single(CommandRun.Of("verify", _folder["c.onnx"]).Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", "needs a merged package, or a merged file, with merge-manifest.json; there is none")]
    [InlineData("none", "needs a merged package, or a merged file, with merge-manifest.json; there is none")]
    public void Verify_NoMerge_IsRefused(string name, string message) => CommandRun.Fails(1, ["verify", _folder[name]], message);

    [Fact]
    public void Verify_ManifestThatLeavesItsDirectory_IsRefused()
    {
        Merge(_folder["a"], _folder["b"], "-o", _folder["c"]);
        string manifest = File.ReadAllText(_folder["c/merge-manifest.json"]);
        File.WriteAllText(_folder["c/merge-manifest.json"], manifest.Replace("\"config.json\"", "\"../a/config.json\"", StringComparison.Ordinal));
        CommandRun.Fails(1, ["verify", _folder["c"]], "needs files of its own directory, got '../a/config.json'");
    }

    private static void Merge(params string[] arguments) => CommandRun.Done(["merge", "--slerp", "0.5", .. arguments]);

    private void Init(string name, int seed) => CommandRun.Done(
        "init", "--arch", "llama", "--hidden", "16", "--layers", "1", "--heads", "2", "--max-length", "80", "--seed", $"{seed}", "-o", _folder[name]);
}
