using System.Text.Json;
using OnnxEmbed.Cli.Scoring;
using OnnxEmbed.Data;

namespace OnnxEmbed.Cli.Tests.Commands;

public sealed class MergeScoringTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public MergeScoringTests()
    {
        Init("a", 1);
        Init("b", 2);
        CommandRun.Done("data", "text", "--count", "60", "-o", _folder["t.parquet"], "-q");
    }

    private string Texts => _folder["t.parquet"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Merge_Eval_PrintsParentsAndChildAsEvalDoes()
    {
        JsonElement done = Run("--slerp", "0.5", "a", "b", "--eval", Texts, "--label", "family", "--metrics", "silhouette_cosine,davies_bouldin");
        JsonElement[] rows = [.. done.GetProperty("evaluation").EnumerateArray()];
        Assert.Equal(["a", "b", "out"], rows.Select(row => row.GetProperty("model").GetString()));
        Assert.Equal(["parent", "parent", "merged"], rows.Select(row => row.GetProperty("role").GetString()));
        foreach ((string model, JsonElement row) in new[] { "a", "b", "out" }.Zip(rows))
        {
            CommandRun.Done("eval", _folder[model], "--data", Texts, "--label", "family", "--permutations", "0", "-o", _folder[$"eval-{model}"], "-q");
            using JsonDocument metrics = JsonDocument.Parse(File.ReadAllText(_folder[$"eval-{model}/metrics.json"]));
            foreach (string metric in new[] { "silhouette_cosine", "davies_bouldin" })
            {
                Assert.Equal(metrics.RootElement.GetProperty("metrics").GetProperty(metric).GetDouble(), row.GetProperty(metric).GetDouble(), 6);
            }
        }

        using JsonDocument written = JsonDocument.Parse(File.ReadAllText(_folder["out/merge-evaluation.json"]));
        Assert.Equal(done.GetProperty("evaluation").ToString(), written.RootElement.GetProperty("evaluation").ToString());
        Assert.DoesNotContain(_folder.Entries, entry => entry.Contains("trials", StringComparison.Ordinal));
    }

    [Fact]
    public void Merge_EvalOfFewTexts_LeavesOutWhatTheyDoNotAllow()
    {
        JsonElement row = Run("--soup", "a", "b", "--eval", Texts, "--label", "family").GetProperty("evaluation")[0];
        Assert.Equal(JsonValueKind.Null, row.GetProperty("probe_accuracy").ValueKind);
        Assert.Equal(JsonValueKind.Number, row.GetProperty("silhouette_cosine").ValueKind);
    }

    [Fact]
    public void Merge_EvalOfAFold_ComparesWithTheBase()
    {
        Train("run");
        JsonElement done = Run("--lora", "run", "--base", "a", "--eval", Texts, "--label", "family", "--metrics", "silhouette_cosine");
        Assert.Equal(["base", "merged"], done.GetProperty("evaluation").EnumerateArray().Select(row => row.GetProperty("role").GetString()));
    }

    [Fact]
    public void Merge_EvalOfARecipe_ComparesWithItsModels()
    {
        string recipe = _folder.Write("r.yaml", System.Text.Encoding.UTF8.GetBytes(
            $"merge_method: slerp\nmodels:\n- model: {_folder["a"]}\n- model: {_folder["b"]}\nparameters: {{t: 0.3}}\n"));
        JsonElement done = Run("--recipe", recipe, "--eval", Texts, "--label", "family", "--metrics", "silhouette_cosine");
        Assert.Equal(["a", "b", "out"], done.GetProperty("evaluation").EnumerateArray().Select(row => row.GetProperty("model").GetString()));
    }

    [Fact]
    public void Merge_SearchOfSlerp_TakesTheBestTrial()
    {
        string[] search = ["--slerp", "0.5", "a", "b", "--search", "--metric", "silhouette_cosine", "--eval", Texts, "--label", "family", "--search-points", "3", "--search-tolerance", "0.2"];
        JsonElement done = Run(search);
        (double T, double Score)[] trials =
            [.. done.GetProperty("tried").EnumerateArray().Select(row => (row.GetProperty("t").GetDouble(), row.GetProperty("score").GetDouble()))];
        Assert.Equal([0, 0.5, 1], trials.Take(3).Select(trial => trial.T));
        double best = trials.Max(trial => trial.Score), chosen = done.GetProperty("chosen")[0].GetDouble();
        Assert.Equal(best, done.GetProperty("validation_score").GetDouble());
        Assert.Contains(trials, trial => trial == (chosen, best));
        JsonElement[] rows = [.. done.GetProperty("evaluation").EnumerateArray()];
        Assert.Equal(["validation", "held_out"], rows[^2..].Select(row => row.GetProperty("data").GetString()));
        Assert.Equal(best, rows[^2].GetProperty("silhouette_cosine").GetDouble());
        Assert.Equal(done.GetProperty("held_out_score").GetDouble(), rows[^1].GetProperty("silhouette_cosine").GetDouble());
        CommandRun.Done("merge", "--slerp", FormattableString.Invariant($"{chosen}"), _folder["a"], _folder["b"], "-o", _folder["same"]);
        Assert.Equal(File.ReadAllBytes(_folder["same/onnx/model.onnx"]), File.ReadAllBytes(_folder["out/onnx/model.onnx"]));
        Assert.Equal(done.GetProperty("tried").ToString(), Run([.. search, "--force"]).GetProperty("tried").ToString());
    }

    [Fact]
    public void Merge_SearchOfARecipe_VariesItsParameterAndKeepsTheRest()
    {
        string head = $"base_model: {_folder["a"]}\nmodels:\n- {{model: {_folder["b"]}, parameters: {{weight: 0.5}}}}\nmerge_method: ties\n";
        string recipe = _folder.Write("r.yaml", System.Text.Encoding.UTF8.GetBytes($"{head}parameters: {{density: 0.4, lambda: 0.5}}\n"));
        string[] how = ["--search", "--metric", "silhouette_cosine", "--eval", Texts, "--label", "family", "--search-points", "3", "--search-tolerance", "0.5"];
        JsonElement done = Run(["--recipe", recipe, .. how, "--search-for", "lambda", "--search-range", "0,1"]);
        double chosen = done.GetProperty("chosen")[0].GetDouble();
        Assert.Equal("lambda", done.GetProperty("searched").GetString());
        Assert.Equal(done.GetProperty("tried").EnumerateArray().Max(row => row.GetProperty("score").GetDouble()), done.GetProperty("validation_score").GetDouble());
        string fixedRecipe = _folder.Write("s.yaml", System.Text.Encoding.UTF8.GetBytes(
            FormattableString.Invariant($"{head}parameters: {{density: 0.4, lambda: {chosen}}}\n")));
        CommandRun.Done("merge", "--recipe", fixedRecipe, "-o", _folder["same"]);
        Assert.Equal(File.ReadAllBytes(_folder["same/onnx/model.onnx"]), File.ReadAllBytes(_folder["out/onnx/model.onnx"]));

        string stages = _folder.Write("stages.yaml", System.Text.Encoding.UTF8.GetBytes($"name: x\n{head}---\n{head}"));
        CommandRun.Fails(2, ["merge", "--recipe", stages, .. how, "-o", _folder["no"]], "search: needs a recipe of one stage, got 2");
        CommandRun.Fails(2, ["merge", "--recipe", recipe, .. how, "--search-for", "gamma", "-o", _folder["no"]], "search: needs a number that ties takes");
    }

    [Fact]
    public void Merge_SearchByAMetricWhereLessIsBetter_TakesTheLeast()
    {
        JsonElement done = Run(
            "--soup", "a", "b", "--search", "--metric", "davies_bouldin", "--eval", Texts, "--held-out", Texts, "--label", "family", "--search-points", "3", "--search-tolerance", "0.3");
        double[] scores = [.. done.GetProperty("tried").EnumerateArray().Select(row => row.GetProperty("score").GetDouble())];
        Assert.Equal(scores.Min(), done.GetProperty("validation_score").GetDouble());
        Assert.Equal(scores.Min(), done.GetProperty("held_out_score").GetDouble());
        Assert.Equal("weight", done.GetProperty("searched").GetString());
        Assert.Equal(done.GetProperty("chosen").ToString(), done.GetProperty("weights").ToString());
    }

    [Fact]
    public void Merge_GreedySoup_KeepsWhatDoesNotHarm()
    {
        Init("c", 3);
        JsonElement done = Run("--soup", "greedy", "a", "b", "c", "--metric", "silhouette_cosine", "--eval", Texts, "--label", "family");
        JsonElement[] steps = [.. done.GetProperty("soup").EnumerateArray()];
        Assert.Equal(3, steps.Length);
        Assert.True(steps[0].GetProperty("kept").GetBoolean());
        double[] own = [.. steps.Select(step => step.GetProperty("own_score").GetDouble())];
        Assert.Equal(own.OrderDescending(), own);
        string[] kept = [.. steps.Where(step => step.GetProperty("kept").GetBoolean()).Select(step => step.GetProperty("model").GetString()!)];
        Assert.Equal(kept, done.GetProperty("kept").EnumerateArray().Select(model => model.GetString()));
        CommandRun.Done(["merge", "--soup", .. kept.Select(model => _folder[model]), "-o", _folder["same"]]);
        Assert.Equal(File.ReadAllBytes(_folder["same/onnx/model.onnx"]), File.ReadAllBytes(_folder["out/onnx/model.onnx"]));
    }

    [Fact]
    public void Merge_Cocktail_WeighsByLossAndAsSoupWithThoseWeights()
    {
        JsonElement done = Run("--cocktail", Texts, "a", "b", "--label", "family", "--temperature", "0.5");
        JsonElement[] rows = [.. done.GetProperty("losses").EnumerateArray()];
        double[] losses = [.. rows.Select(row => row.GetProperty("loss").GetDouble())], weights = [.. rows.Select(row => row.GetProperty("weight").GetDouble())];
        Assert.Equal(1, weights.Sum(), 12);
        Assert.Equal((losses[1] - losses[0]) / 0.5, Math.Log(weights[0] / weights[1]), 9);
        Assert.NotEqual(losses[0], losses[1]);
        CommandRun.Done("merge", "--soup", _folder["a"], _folder["b"], "--weights", FormattableString.Invariant($"{weights[0]:R},{weights[1]:R}"), "-o", _folder["same"]);
        Assert.Equal(File.ReadAllBytes(_folder["same/onnx/model.onnx"]), File.ReadAllBytes(_folder["out/onnx/model.onnx"]));
    }

    [Fact]
    public void Merge_CocktailOfPairs_ReadsAnchorAndPositive()
    {
        IReadOnlyList<string> texts = ParquetTable.Read(Texts).Strings("text");
        new ParquetTable([Column.Of("anchor", [.. texts.Take(4)]), Column.Of("positive", [.. texts.Skip(4).Take(4)])]).Write(_folder["p.parquet"]);
        JsonElement done = Run("--cocktail", _folder["p.parquet"], "a", "b");
        Assert.Equal(4, done.GetProperty("examples").GetInt32());
        Assert.Equal(2, done.GetProperty("losses").GetArrayLength());
    }

    [Fact]
    public void Merge_CheckpointsOfARun_AreSearchedAndScored()
    {
        Train("run");
        JsonElement done = Run(
            "--soup", "run", "--search", "--metric", "silhouette_cosine", "--eval", Texts, "--label", "family", "--search-points", "2", "--search-tolerance", "1");
        Assert.Equal(3, done.GetProperty("chosen").GetArrayLength());
        Assert.Equal(1, done.GetProperty("chosen").EnumerateArray().Sum(weight => weight.GetDouble()), 9);
    }

    [Fact]
    public void Merge_WrongOption_IsRefusedAndLeavesNothing()
    {
        IReadOnlyList<string> before = _folder.Entries;
        void Refused(int status, string message, params string[] arguments)
        {
            string[] real = [.. arguments.Select(argument => argument.EndsWith(".parquet", StringComparison.Ordinal) ? _folder[argument] : argument)];
            CommandRun.Fails(status, ["merge", .. real, _folder["a"], _folder["b"], "-o", _folder["out"]], message);
            Assert.Equal(before, _folder.Entries);
        }

        Refused(2, "--search needs --eval FILE to choose on", "--slerp", "0.5", "--search");
        Refused(2, "--held-out needs --eval FILE", "--slerp", "0.5", "--held-out", "t.parquet");
        Refused(2, "--search-… needs --search", "--slerp", "0.5", "--eval", "t.parquet", "--search-points", "4");
        Refused(2, "metric: needs one of silhouette_euclidean", "--slerp", "0.5", "--eval", "t.parquet", "--search", "--metric", "accuracy");
        Refused(2, "--metric needs one with a better end", "--slerp", "0.5", "--eval", "t.parquet", "--search", "--metric", "mean_cosine");
        Refused(2, "--dry-run merges nothing that could be scored", "--slerp", "0.5", "--eval", "t.parquet", "--dry-run");
        Refused(2, "--temperature needs --cocktail", "--soup", "--temperature", "2");
        Refused(2, "--cocktail finds the weights; needs no --weights", "--cocktail", "t.parquet", "--weights", "1,1");
        Refused(2, "temperature above 0, got 0", "--cocktail", "t.parquet", "--temperature", "0", "--label", "family");
        Refused(2, "needs LOW,HIGH, got '1'", "--slerp", "0.5", "--search", "--eval", "t.parquet", "--label", "family", "--search-range", "1");
        Refused(2, "t: needs a number in [0, 1], got 3", "--slerp", "0.5", "--search", "--eval", "t.parquet", "--label", "family", "--search-range", "0,3");
        Refused(1, "needs a column klass", "--slerp", "0.5", "--eval", "t.parquet", "--label", "klass");
        Refused(1, "body", "--slerp", "0.5", "--eval", "t.parquet", "--label", "family", "--text", "body");
        Refused(1, "none.parquet", "--slerp", "0.5", "--eval", "none.parquet");
        Refused(1, "klass", "--cocktail", "t.parquet", "--label", "klass");
        Refused(1, "needs at least 2 items of each label", "--slerp", "0.5", "--eval", "t.parquet", "--label", "family", "--metrics", "knn_accuracy");
        Refused(1, "needs at least 2 items of each label", "--soup", "--search", "--eval", "t.parquet", "--label", "family");
    }

    [Fact]
    public void Merge_EvalOfBareFiles_IsRefusedAndLeavesNothing()
    {
        IReadOnlyList<string> before = _folder.Entries;
        CommandRun.Fails(
            1,
            ["merge", "--soup", _folder["a/onnx/model.onnx"], _folder["b/onnx/model.onnx"], "--eval", Texts, "--label", "family", "-o", _folder["out"]],
            "needs a model package");
        Assert.Equal(before, _folder.Entries);
    }

    [Fact]
    public void Merge_EvalOverAnExistingOutput_IsRefusedBeforeTheWork() =>
        CommandRun.Fails(2, ["merge", "--soup", _folder["a"], _folder["b"], "--eval", Texts, "--label", "family", "-o", _folder["a"]], "exists");

    [Fact]
    public void Halves_GroupsAndLabels_AreSplitByTurns()
    {
        string file = _folder["n.parquet"];
        new ParquetTable(
        [
            Column.Of("text", ["a", "b", "c", "d", "e", "f", "g", "h"]),
            new ValueColumn<long>("label", [0, 1, 0, 1, 0, 1, 0, 1]),
            new ValueColumn<long>("pair_id", [0, 0, 1, 1, 2, 2, 3, 3]),
        ]).Write(file);
        (LabelledTexts chosen, LabelledTexts heldOut) = LabelledTexts.Read(file, "text", "label").Halves();
        Assert.Equal(["a", "b", "e", "f"], chosen.Texts);
        Assert.Equal(["c", "d", "g", "h"], heldOut.Texts);

        // Without groups each label is halved, though the labels themselves take turns.
        ParquetTable.Read(file).Select("text", "label").Write(_folder["s.parquet"]);
        (chosen, heldOut) = LabelledTexts.Read(_folder["s.parquet"], "text", "label").Halves();
        Assert.Equal(["a", "b", "e", "f"], chosen.Texts);
        Assert.Equal(["c", "d", "g", "h"], heldOut.Texts);
    }

    private JsonElement Run(params string[] arguments)
    {
        string[] real = [.. arguments.Select(argument => argument is "a" or "b" or "c" or "run" ? _folder[argument] : argument)];
        using JsonDocument done = JsonDocument.Parse(CommandRun.Done(["merge", .. real, "-o", _folder["out"], "--json", "-q"]).Stdout);
        return done.RootElement.Clone();
    }

    private void Init(string name, int seed) => CommandRun.Done(
        "init", "--arch", "llama", "--hidden", "16", "--layers", "1", "--heads", "2", "--max-length", "80", "--seed", $"{seed}", "-o", _folder[name], "-q");

    private void Train(string name) => CommandRun.Done(
        "train", _folder["a"], "--data", Texts, "--label", "family", "--steps", "5", "--checkpoint-every", "2", "--threads", "1", "--lora", "r=2,alpha=4", "-o", _folder[name], "-q");
}
