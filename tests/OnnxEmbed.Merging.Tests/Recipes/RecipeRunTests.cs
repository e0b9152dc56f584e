using OnnxEmbed.Merging.Recipes;
using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Recipes;

public class RecipeRunTests
{
    [Fact]
    public void Run_SlerpByLayer_GivesEachTensorItsOwnValue()
    {
        using RecipeFixture fixture = new("a.onnx", "b.onnx");
        fixture.Run(fixture.Recipe("slerp-by-layer.yaml"), "c.onnx");
        Dictionary<string, double> expected = new()
        {
            ["embeddings.word_embeddings.weight"] = 0,
            ["encoder.layer.0.attention.self.query.weight"] = 0,
            ["encoder.layer.1.attention.self.query.bias"] = 0.5,
            ["encoder.layer.2.attention.output.dense.weight"] = 1,
            ["encoder.layer.1.output.dense.weight"] = 0.25,
            ["encoder.layer.0.intermediate.dense.weight"] = 1,
            ["encoder.layer.1.intermediate.dense.bias"] = 0.75,
            ["encoder.layer.2.intermediate.dense.weight"] = 0.5,
            ["encoder.layer.1.output.dense.bias"] = 0.75,
            ["pooler.dense.weight"] = 1,
        };
        foreach ((string name, double t) in expected)
        {
            double[] reference = Methods.GoldenVectorTests.ReferenceSlerp(fixture.Values("a.onnx", name), fixture.Values("b.onnx", name), t);
            Assert.All(reference.Zip(fixture.Values("c.onnx", name)), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        }
    }

    [Theory]
    [InlineData("slerp-by-layer.yaml")]
    [InlineData("linear-weights.yaml")]
    [InlineData("every-field.yaml")]
    [InlineData("stages.yaml")]
    public void Run_ResolvedRecipe_GivesTheSameBytesAndTheSameRecipe(string name)
    {
        using RecipeFixture fixture = new("a.onnx", "b.onnx", "c.onnx");
        fixture.Run(fixture.Recipe(name), "first.onnx");
        fixture.Run(fixture["first.onnx.merge-recipe.yaml"], "second.onnx");
        Assert.Equal(File.ReadAllBytes(fixture["first.onnx"]), File.ReadAllBytes(fixture["second.onnx"]));
        Assert.Equal(File.ReadAllText(fixture["first.onnx.merge-recipe.yaml"]), File.ReadAllText(fixture["second.onnx.merge-recipe.yaml"]));
        Assert.NotEqual(File.ReadAllBytes(fixture["a.onnx"]), File.ReadAllBytes(fixture["first.onnx"]));
    }

    [Fact]
    public void Run_WeightsByLayer_AreNormalisedTensorByTensor()
    {
        using RecipeFixture fixture = new("a.onnx", "b.onnx", "c.onnx");
        MergeReport report = fixture.Run(fixture.Recipe("linear-weights.yaml"), "out.onnx");
        TensorReport middle = report.Tensors.Single(tensor => tensor.Name == "encoder.layer.1.output.dense.weight");
        Assert.Equal([0.5 / 1.25, 0.5 / 1.25, 0.25 / 1.25], middle.Factors);
        TensorReport last = report.Tensors.Single(tensor => tensor.Name == "encoder.layer.2.output.dense.weight");
        Assert.Equal([0.5 / 0.75, 0, 0.25 / 0.75], last.Factors);
        Assert.Contains(report.Warnings, warning => warning.Contains("weight: takes its first value, 1, before and after the layers", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_Stages_MergeTheResultsOfEarlierOnesAndLeaveNoneBehind()
    {
        using RecipeFixture fixture = new("a.onnx", "b.onnx", "c.onnx");
        fixture.Run(fixture.Recipe("stages.yaml"), "out.onnx");
        Assert.Equal(
            ["a.onnx", "b.onnx", "c.onnx", "out.onnx", "out.onnx.merge-recipe.yaml", "out.onnx.merge-report.json", "stages.yaml"],
            fixture.Entries);
        const string Name = "encoder.layer.1.output.dense.weight";
        double[] halfway = Methods.GoldenVectorTests.ReferenceSlerp(fixture.Values("a.onnx", Name), fixture.Values("b.onnx", Name), 0.5);
        double[] expected = [.. halfway.Zip(fixture.Values("c.onnx", Name), (x, y) => ((2 * x) + y) / 3)];
        Assert.All(expected.Zip(fixture.Values("out.onnx", Name)), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        string recipe = File.ReadAllText(fixture["out.onnx.merge-recipe.yaml"]);
        Assert.Contains("model: halfway", recipe, StringComparison.Ordinal);
        Assert.DoesNotContain(".stages", recipe, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FailingStage_LeavesNothing()
    {
        using RecipeFixture fixture = new("a.onnx", "b.onnx");
        fixture.Recipe("stages.yaml");
        IReadOnlyList<string> before = fixture.Entries;
        Assert.Throws<DataException>(() => fixture.Run(fixture["stages.yaml"], "out.onnx"));
        Assert.Equal(before, fixture.Entries);
    }

    [Fact]
    public void Run_FilterThatNoTensorHas_IsWarnedOf()
    {
        using RecipeFixture fixture = new("a.onnx", "b.onnx");
        MergeReport report = fixture.Run(
            fixture.Write("r.yaml", "merge_method: slerp\nmodels: [{model: a.onnx}, {model: b.onnx}]\nparameters:\n  t:\n  - {filter: self_attn, value: 1}\n  - {value: 0.5}\n"),
            "out.onnx");
        Assert.Contains(report.Warnings, warning => warning.Contains("line 5: t: no tensor has 'self_attn' in its name", StringComparison.Ordinal));
    }
}
