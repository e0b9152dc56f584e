using System.Text;
using OnnxEmbed.Merging.Recipes;
using OnnxEmbed.Merging.Reports;

namespace OnnxEmbed.Merging.Tests.Recipes;

/// <summary>A recipe of each method of the catalogue, with every parameter written out, runs and resolves to itself.</summary>
public class EveryMethodTests
{
    public static TheoryData<string> Methods => [.. MergeMethods.All.Where(method => !method.NeedsAdapter).Select(method => method.Name)];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Run_RecipeWithEveryParameter_ResolvesToTheSameBytes(string name)
    {
        using RecipeFixture fixture = new("base.onnx", "a.onnx", "b.onnx", "c.onnx");
        string recipe = fixture.Write("r.yaml", Recipe(MergeMethods.Find(name)));
        MergeReport report = fixture.Run(recipe, "first.onnx");
        Assert.Equal(name, report.Method);
        Assert.Contains(report.Tensors, tensor => !tensor.Action.StartsWith("copied", StringComparison.Ordinal) || name == "passthrough");
        fixture.Run(fixture["first.onnx.merge-recipe.yaml"], "second.onnx");
        Assert.Equal(File.ReadAllBytes(fixture["first.onnx"]), File.ReadAllBytes(fixture["second.onnx"]));
        Assert.Equal(File.ReadAllText(fixture["first.onnx.merge-recipe.yaml"]), File.ReadAllText(fixture["second.onnx.merge-recipe.yaml"]));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Run_NumbersOverDepth_AreTakenByEveryMethod(string name)
    {
        MergeMethod method = MergeMethods.Find(name);
        using RecipeFixture fixture = new("base.onnx", "a.onnx", "b.onnx", "c.onnx");
        string recipe = fixture.Write("r.yaml", Recipe(method, overDepth: true));
        MergeReport report = fixture.Run(recipe, "first.onnx");
        string[] numbers = [.. method.Parameters.Concat(method.ModelParameters).Where(parameter => parameter.Kind == MergeParameterKind.Number).Select(parameter => parameter.Name)];
        TensorReport tensor = report.Tensors.First(tensor => tensor.Name == "encoder.layer.1.output.dense.weight");
        Assert.Equal(numbers.Order(), tensor.Parameters.Select(parameter => parameter.Name).Order());
        fixture.Run(fixture["first.onnx.merge-recipe.yaml"], "second.onnx");
        Assert.Equal(File.ReadAllBytes(fixture["first.onnx"]), File.ReadAllBytes(fixture["second.onnx"]));
    }

    [Fact]
    public void Run_TiesByLayer_GivesEachTensorItsDensity()
    {
        using RecipeFixture fixture = new("a.onnx", "b.onnx", "c.onnx");
        MergeReport report = fixture.Run(fixture.Recipe("ties-by-layer.yaml"), "out.onnx");
        Assert.Equal([0.8, 0.5], Density("encoder.layer.2.output.dense.weight"));
        Assert.Equal([0.5, 0.5], Density("encoder.layer.1.attention.self.query.weight"));
        Assert.Equal([1.0, 0.5], Density("encoder.layer.0.output.dense.bias"));
        Assert.Equal([0.1, 0.5], Density("embeddings.word_embeddings.weight"));
        Assert.Equal([0.9, 0.5], Density("pooler.dense.weight"));
        Assert.Equal("a.onnx", report.Base);
        Assert.Contains(report.Warnings, warning => warning.EndsWith("int8_mask: has no effect with ties", StringComparison.Ordinal));
        fixture.Run(fixture["out.onnx.merge-recipe.yaml"], "again.onnx");
        Assert.Equal(File.ReadAllBytes(fixture["out.onnx"]), File.ReadAllBytes(fixture["again.onnx"]));

        double[] Density(string name) =>
            [.. report.Tensors.Single(tensor => tensor.Name == name).Parameters.Single(parameter => parameter.Name == "density").Values.Select(value => Math.Round((double)value, 12))];
    }

    private static string Recipe(MergeMethod method, bool overDepth = false)
    {
        StringBuilder text = new();
        text.AppendLine($"merge_method: {method.Name}");
        if (method.Base == BaseUse.Required)
        {
            text.AppendLine("base_model: base.onnx");
        }

        text.AppendLine("models:");
        foreach (string model in new[] { "a.onnx", "b.onnx", "c.onnx" }.Take(Math.Min(method.MaximumInputs ?? 3, 3)))
        {
            text.AppendLine($"- model: {model}");
            Parameters("  ", method.ModelParameters);
        }

        Parameters("", method.Parameters);
        return text.ToString();

        void Parameters(string indent, IReadOnlyList<MergeParameter> parameters)
        {
            if (parameters.Count > 0)
            {
                text.AppendLine($"{indent}parameters:");
            }

            foreach (MergeParameter parameter in parameters)
            {
                string value = parameter is { Name: "density" } ? "0.5" : parameter.Default ?? "0.25";
                text.AppendLine($"{indent}  {parameter.Name}: {(overDepth && parameter.Kind == MergeParameterKind.Number ? $"[{value}, {value}]" : value)}");
            }
        }
    }
}
