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
    [InlineData("needs one of --slerp T, --soup, --ema DECAY, --cocktail FILE, --lora DIR, --method NAME or --recipe FILE", "--threads", "1")]
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
        string[] models = [_folder["a/onnx/model.onnx"], _folder["wide/onnx/model.onnx"]];
        CommandRun plan = CommandRun.Fails(1, ["merge", "--soup", .. models, "--dry-run"], " differences, ", " more", "embed_tokens.weight");
        Assert.Contains("\n'layers.0.mlp.up_proj.weight' is ", plan.Stderr, StringComparison.Ordinal);
        CommandRun all = CommandRun.Fails(1, ["merge", "--soup", .. models, "-o", _folder["c.onnx"], "--verbose"], " differences, ");
        Assert.Contains("\n  'layers.0.mlp.up_proj.weight' is ", all.Stderr, StringComparison.Ordinal);
        CommandRun few = CommandRun.Fails(1, ["merge", "--soup", .. models, "-o", _folder["c.onnx"]], " differences, ");
        Assert.DoesNotContain("layers.0.mlp.up_proj.weight", few.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_DryRunOverAnExistingOutput_LeavesIt()
    {
        CommandRun.Done("merge", "--soup", _folder["a"], _folder["b"], "-o", _folder["a"], "--dry-run");
        CommandRun.Done("inspect", _folder["a"]);
    }

    [Fact]
    public void Merge_RunOfAdapters_MergesItsCheckpoints()
    {
        Train("run", "--lora", "r=2,alpha=4");
        string Step(int step) => _folder[$"run/checkpoints/step-{step}/adapter"];
        AssertSame(["--soup", _folder["run"]], ["--soup", .. new[] { 2, 4, 5 }.Select(step => $"{_folder["a"]}+{(step == 5 ? _folder["run/adapter"] : Step(step))}")]);
        AssertSame(["--ema", "0.5", _folder["run"]], ["--soup", "--weights", "1,2,4", $"{_folder["a"]}+{Step(2)}", $"{_folder["a"]}+{Step(4)}", $"{_folder["a"]}+{_folder["run/adapter"]}"]);
        using JsonDocument done = JsonDocument.Parse(CommandRun.Done("merge", "--slerp", "0.5", "--tree", "sequential", _folder["run"], "-o", _folder["s"], "--json").Stdout);
        Assert.Equal(["step-2", "step-4", "run"], done.RootElement.GetProperty("models").EnumerateArray().Select(model => model.GetString()));
        Assert.Contains(done.RootElement.GetProperty("parameters").EnumerateArray(), parameter => parameter.GetString() == "tree=sequential");
        Assert.Contains(done.RootElement.GetProperty("actions").EnumerateArray(), action => action.GetProperty("action").GetString()!.StartsWith("slerp: sequential tree", StringComparison.Ordinal));
    }

    [Fact]
    public void Merge_RunOfFullTraining_MergesItsCheckpoints()
    {
        Train("run", "--full");
        CommandRun.Done("merge", "--soup", _folder["run"], "-o", _folder["soup"]);
        using OnnxModel soup = OnnxModel.Load(_folder["soup/onnx/model.onnx"]);
        using OnnxModel last = OnnxModel.Load(_folder["run/model/onnx/model.onnx"]);
        using SafetensorsFile first = SafetensorsFile.Open(_folder["run/checkpoints/step-2/model.safetensors"]);
        using SafetensorsFile second = SafetensorsFile.Open(_folder["run/checkpoints/step-4/model.safetensors"]);
        const string Name = "layers.0.mlp.up_proj.weight";
        double[] expected = [.. first.Tensors[Name].ToDoubles().Zip(second.Tensors[Name].ToDoubles(), last.Tensors[Name].ToDoubles()).Select(value => (value.First + value.Second + value.Third) / 3)];
        Assert.All(expected.Zip(soup.Tensors[Name].ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-7));
    }

    [Theory]
    [InlineData(2, "--ema needs one training run and no --weights, got 2 models", "--ema", "0.5", "a", "b")]
    [InlineData(1, "a: needs a training run, the directory is none", "--ema", "0.5", "a")]
    [InlineData(1, "none: needs a training run, the directory does not exist", "--ema", "0.5", "none")]
    [InlineData(2, "tree: needs one of balanced, sequential, got 'oak'", "--slerp", "0.5", "--tree", "oak", "a", "b")]
    public void Merge_WrongRun_IsRefusedAndLeavesNothing(int status, string message, params string[] arguments) =>
        Refused(status, message, [.. arguments.Select(argument => argument is "a" or "b" or "none" ? _folder[argument] : argument)]);

    [Fact]
    public void Merge_Seed_DecidesWhatIsDropped()
    {
        string[] line = ["--method", "dare_linear", "--base", _folder["a"], _folder["b"], "--param", "density=0.5"];
        AssertSame(line, [.. line, "--seed", "0"]);
        CommandRun.Done(["merge", .. line, "--seed", "7", "-o", _folder["z"]]);
        Assert.NotEqual(File.ReadAllBytes(_folder["x/onnx/model.onnx"]), File.ReadAllBytes(_folder["z/onnx/model.onnx"]));
        Refused(2, "parameter 'seed': not one of those of linear", "--soup", "--seed", "1", _folder["a"], _folder["b"]);
    }

    [Fact]
    public void Merge_SlerpOfModelsThatNearlyAgree_SaysThatItIsAveraging()
    {
        CommandRun.Done("merge", "--slerp", "0.01", _folder["a"], _folder["b"], "-o", _folder["near"]);
        CommandRun run = CommandRun.Done("merge", "--slerp", "0.5", _folder["a"], _folder["near"], "-o", _folder["c"]);
        Assert.Contains("where slerp is averaging", run.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("averaging", CommandRun.Done("merge", "--slerp", "0.5", _folder["a"], _folder["b"], "-o", _folder["d"]).Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_DryRunOfStages_LeavesNothing()
    {
        string recipe = _folder.Write("r.yaml", "name: half\nmerge_method: slerp\nmodels: [{model: a}, {model: b}]\nparameters: {t: 0.5}\n---\nmerge_method: linear\nmodels: [{model: half}, {model: b}]\n"u8);
        IReadOnlyList<string> before = _folder.Entries;
        using JsonDocument plan = JsonDocument.Parse(CommandRun.Done("merge", "--recipe", recipe, "-o", _folder["c"], "--dry-run", "--json").Stdout);
        Assert.Equal(["half", "b"], plan.RootElement.GetProperty("models").EnumerateArray().Select(model => model.GetString()));
        JsonElement stage = Assert.Single(plan.RootElement.GetProperty("stage_half").EnumerateArray());
        Assert.Equal("slerp", stage.GetProperty("method").GetString());
        Assert.Equal("t=0.5", stage.GetProperty("parameters")[0].GetString());
        Assert.Equal(
            plan.RootElement.GetProperty("tensors").GetArrayLength(), plan.RootElement.GetProperty("stage_half_tensors").GetArrayLength());
        Assert.Equal(before, _folder.Entries);
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
        Refused(1, "differences, ", "--lora", _folder["run"], "--base", _folder["a"]);
    }

    private void Train(string name, params string[] kind)
    {
        CommandRun.Done("data", "text", "--count", "40", "-o", _folder["t.parquet"]);
        CommandRun.Done([
            "train", _folder["a"], "--data", _folder["t.parquet"], "--label", "family", "--steps", "5", "--checkpoint-every", "2", "--threads", "1", "-o", _folder[name], "-q",
            .. kind]);
    }

    private void AssertSame(string[] first, string[] second)
    {
        CommandRun.Done(["merge", .. first, "-o", _folder["x"], "--force"]);
        CommandRun.Done(["merge", .. second, "-o", _folder["y"], "--force"]);
        Assert.Equal(File.ReadAllBytes(_folder["x/onnx/model.onnx"]), File.ReadAllBytes(_folder["y/onnx/model.onnx"]));
    }

    private void Init(string name, int seed, int hidden) => CommandRun.Done(
        "init", "--arch", "llama", "--hidden", $"{hidden}", "--layers", "1", "--heads", "2", "--max-length", "80", "--seed", $"{seed}", "-o", _folder[name]);

    private void Refused(int status, string message, params string[] arguments)
    {
        IReadOnlyList<string> before = _folder.Entries;
        CommandRun.Fails(status, ["merge", .. arguments, "-o", _folder["out.onnx"]], message);
        Assert.Equal(before, _folder.Entries);
    }

    [Fact]
    public void Merge_OtherArchitecture_SaysSoInsteadOfListingEveryTensor()
    {
        using TemporaryFolder folder = new();
        foreach (string architecture in (string[])["bert", "llama"])
        {
            CommandRun.Done(
                "init", "--arch", architecture, "--hidden", "16", "--layers", "1", "--heads", "2", "--max-length", "32", "-o", folder[architecture]);
        }

        CommandRun.Fails(
            1,
            ["merge", "--soup", folder["bert"], folder["llama"], "-o", folder["c"]],
            "merge: needs models of one architecture, bert has model_type bert, llama has model_type llama");
        Assert.False(Directory.Exists(folder["c"]));
    }
}
