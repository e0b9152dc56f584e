using System.Text.Json;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Tests.Commands;

public sealed class MergeCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public MergeCommandTests()
    {
        Init("a", 1, 16);
        Init("b", 2, 16);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Merge_Slerp_WritesPackageReportAndRecipe()
    {
        using JsonDocument done = JsonDocument.Parse(CommandRun.Done("merge", "--slerp", "0.5", _folder["a"], _folder["b"], "-o", _folder["c"], "--json").Stdout);
        Assert.Equal("slerp", done.RootElement.GetProperty("method").GetString());
        Assert.InRange(done.RootElement.GetProperty("angle_degrees")[0].GetDouble(), 10, 100);
        Assert.True(File.Exists(_folder["c/merge-report.json"]) && File.Exists(_folder["c/merge-recipe.yaml"]));
        CommandRun.Done("inspect", _folder["c"]);
    }

    [Fact]
    public void Merge_SlerpAtZero_KeepsTheFirstModelsBytes()
    {
        CommandRun.Done("merge", "--slerp", "0", _folder["a/onnx/model.onnx"], _folder["b/onnx/model.onnx"], "-o", _folder["c.onnx"]);
        Assert.Equal(File.ReadAllBytes(_folder["a/onnx/model.onnx"]), File.ReadAllBytes(_folder["c.onnx"]));
    }

    [Fact]
    public void Merge_SoupOfThree_TakesOptionsBetweenModels() =>
        CommandRun.Done("merge", _folder["a"], "--soup", _folder["b"], "--weights", "2,1,1", _folder["a"], "-o", _folder["c"]);

    [Theory]
    [InlineData("t: needs a number in [0, 1], got 1.5; --extrapolate allows it", "--slerp", "1.5")]
    [InlineData("t: needs a number in [0, 1], got -0.1", "--slerp", "-0.1")]
    [InlineData("t: needs a number, got 'NaN'", "--slerp", "NaN")]
    [InlineData("option --slerp: needs a number, got 'half'", "--slerp", "half")]
    [InlineData("merge method: needs one of linear, slerp", "--method", "tied")]
    [InlineData("needs one of --slerp T, --soup, --lora DIR, --method NAME or --recipe FILE", "--threads", "1")]
    [InlineData("--lora needs --base", "--lora", "x")]
    public void Merge_WrongOption_IsRefusedAndLeavesNothing(string message, string option, string value) =>
        Refused(2, message, option, value, _folder["a"], _folder["b"]);

    [Theory]
    [InlineData("merge slerp: parameter 'tt': not one of those of slerp; known: t, mode, tree", "--param", "tt=1")]
    [InlineData("t: needs a number in [0, 1], got 2", "--param", "t=[0, 2]")]
    [InlineData("needs name=value, got 't'", "--param", "t")]
    [InlineData("t: needs a value, got none", "--param", "t=")]
    [InlineData("merge slerp: t: needs YAML, got: ", "--param", "t=[0, 1")]
    [InlineData("--compat: needs mergekit, got 'peft'", "--compat", "peft")]
    [InlineData("base: slerp takes none", "--base", "x")]
    public void Merge_WrongParameter_IsRefusedAndLeavesNothing(string message, string option, string value) =>
        Refused(2, message, ["--method", "slerp", option, value, .. option == "--param" ? Array.Empty<string>() : ["--param", "t=0.5"], _folder["a"], _folder["b"]]);

    [Fact]
    public void Merge_ParametersOverDepth_AreThoseOfARecipe()
    {
        CommandRun.Done("merge", "--method", "slerp", "--param", "t=[{filter: mlp, value: 1}, {part: post, value: 0.5}, {value: 0}]", _folder["a"], _folder["b"], "-o", _folder["c"]);
        using OnnxModel first = OnnxModel.Load(_folder["a/onnx/model.onnx"]);
        using OnnxModel second = OnnxModel.Load(_folder["b/onnx/model.onnx"]);
        using OnnxModel merged = OnnxModel.Load(_folder["c/onnx/model.onnx"]);
        foreach (string name in merged.Tensors.Keys.Where(name => name.StartsWith("layers.", StringComparison.Ordinal) || name == "embed_tokens.weight"))
        {
            OnnxModel expected = name.Contains("mlp", StringComparison.Ordinal) ? second : first;
            Assert.True(merged.Tensors[name].ContentEquals(expected.Tensors[name]), name);
        }
    }

    [Fact]
    public void Merge_DryRun_PrintsThePlanOfEachTensorAndWritesNothing()
    {
        IReadOnlyList<string> before = _folder.Entries;
        using JsonDocument plan = JsonDocument.Parse(CommandRun.Done("merge", "--method", "slerp", "--param", "t=[{filter: mlp, value: 0.25}, {value: 1}]", _folder["a"], _folder["b"], "--dry-run", "--json").Stdout);
        Assert.Equal(before, _folder.Entries);
        Assert.True(plan.RootElement.GetProperty("dry_run").GetBoolean());
        JsonElement[] tensors = [.. plan.RootElement.GetProperty("tensors").EnumerateArray()];
        JsonElement mlp = tensors.Single(tensor => tensor.GetProperty("name").GetString() == "layers.0.mlp.up_proj.weight");
        Assert.Equal("t=0.25", mlp.GetProperty("parameters").GetString());
        Assert.Equal("slerp", mlp.GetProperty("action").GetString());
        Assert.Equal(16 * 4 * 16 * 4, mlp.GetProperty("bytes").GetInt64());
        Assert.Equal("copied: t = 1", tensors.Single(tensor => tensor.GetProperty("name").GetString() == "embed_tokens.weight").GetProperty("action").GetString());
    }

    [Fact]
    public void Merge_DryRunOfModelsThatDoNotFit_NamesTheFaults()
    {
        Init("wide", 3, 24);
        CommandRun.Fails(1, ["merge", "--soup", _folder["a/onnx/model.onnx"], _folder["wide/onnx/model.onnx"], "--dry-run"], "layers.0.mlp.up_proj.weight", "embed_tokens.weight");
    }

    [Fact]
    public void Merge_DryRunOverAnExistingOutput_LeavesIt()
    {
        CommandRun.Done("merge", "--soup", _folder["a"], _folder["b"], "-o", _folder["a"], "--dry-run");
        CommandRun.Done("inspect", _folder["a"]);
    }

    [Fact]
    public void Merge_Recipe_GivesWhatTheSameOptionsGive()
    {
        CommandRun.Done("merge", "--method", "slerp", "--param", "t=[0.2, 0.4]", "--compat", "mergekit", _folder["a"], _folder["b"], "-o", _folder["c"]);
        CommandRun.Done("merge", "--recipe", _folder["c/merge-recipe.yaml"], "-o", _folder["d"]);
        Assert.Equal(File.ReadAllBytes(_folder["c/onnx/model.onnx"]), File.ReadAllBytes(_folder["d/onnx/model.onnx"]));
        Assert.Equal(File.ReadAllText(_folder["c/merge-recipe.yaml"]), File.ReadAllText(_folder["d/merge-recipe.yaml"]));
    }

    [Fact]
    public void Merge_RecipeWithFaults_NamesEachWithItsLineAndLeavesNothing()
    {
        string recipe = _folder.Write("r.yaml", "merge_method: slerp\nmodels:\n- {modell: a}\nparameters: {t: 2}\n"u8);
        IReadOnlyList<string> before = _folder.Entries;
        CommandRun run = CommandRun.Of("merge", "--recipe", recipe, "-o", _folder["out"]);
        Assert.Equal(1, run.Status);
        Assert.Contains(run.Errors, line => line.Contains("r.yaml:3: 'modell': not a name of an entry of models; known: model, parameters", StringComparison.Ordinal));
        Assert.Contains(run.Errors, line => line.Contains("r.yaml:4: t: needs a number in [0, 1], got 2", StringComparison.Ordinal));
        Assert.Equal(before, _folder.Entries);
    }

    [Fact]
    public void Merge_RecipeAndModels_IsRefused()
    {
        string recipe = _folder.Write("r.yaml", "merge_method: slerp\n"u8);
        Refused(2, "--recipe names models, base, weights and parameters itself", "--recipe", recipe, _folder["a"]);
    }

    [Fact]
    public void Merge_WeightsOfOtherNumber_IsRefused() =>
        Refused(2, "needs one number for each of the 2 models, got 1", "--soup", _folder["a"], _folder["b"], "--weights", "1");

    [Fact]
    public void Merge_MissingModel_IsRefusedAndLeavesNothing() => Refused(1, _folder["none"], "--slerp", "0.5", _folder["a"], _folder["none"]);

    [Fact]
    public void Merge_ShapesDiffer_NamesATensorAndLeavesNothing()
    {
        Init("wide", 3, 24);
        Refused(1, "weight", "--slerp", "0.5", _folder["a/onnx/model.onnx"], _folder["wide/onnx/model.onnx"]);
    }

    [Fact]
    public void Merge_TruncatedModel_IsRefusedAndLeavesNothing()
    {
        byte[] whole = File.ReadAllBytes(_folder["b/onnx/model.onnx"]);
        Refused(1, "cut.onnx", "--slerp", "0.5", _folder["a/onnx/model.onnx"], _folder.Write("cut.onnx", whole.AsSpan(0, whole.Length / 2)));
    }

    [Fact]
    public void Merge_WeightsNotFinite_AreRefusedAndLeaveNothing()
    {
        using (OnnxModel model = OnnxModel.Load(_folder["b/onnx/model.onnx"]))
        {
            Dictionary<string, TensorData> tensors = new(model.Tensors);
            string name = tensors.Keys.First(key => key.EndsWith("q_proj.weight", StringComparison.Ordinal));
            float[] values = tensors[name].ToSingles();
            values[3] = float.NaN;
            tensors[name] = TensorData.From<float>(values, [.. tensors[name].Shape]);
            using OnnxModel broken = new(model.Proto, tensors);
            broken.Save(_folder["nan.onnx"]);
        }

        Refused(1, "NaN", "--slerp", "0.5", _folder["a/onnx/model.onnx"], _folder["nan.onnx"]);
    }

    [Fact]
    public void Merge_AdapterOfOtherModel_IsRefusedAndLeavesNothing()
    {
        Init("wide", 3, 24);
        CommandRun.Done("data", "text", "--count", "20", "-o", _folder["t.parquet"]);
        CommandRun.Done("train", _folder["wide"], "--data", _folder["t.parquet"], "--label", "family", "--steps", "1", "-o", _folder["run"], "-q");
        Refused(1, "q_proj", "--lora", _folder["run"], "--base", _folder["a"]);
    }

    private void Init(string name, int seed, int hidden) => CommandRun.Done(
        "init", "--arch", "llama", "--hidden", $"{hidden}", "--layers", "1", "--heads", "2", "--max-length", "80", "--seed", $"{seed}", "-o", _folder[name]);

    private void Refused(int status, string message, params string[] arguments)
    {
        IReadOnlyList<string> before = _folder.Entries;
        CommandRun.Fails(status, ["merge", .. arguments, "-o", _folder["out.onnx"]], message);
        Assert.Equal(before, _folder.Entries);
    }
}
