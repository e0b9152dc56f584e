using System.Text.Json;
using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Reports;

public class ReportFileTests
{
    [Fact]
    public void ToJson_MergeOfTwo_HoldsWhatTheReportHolds()
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], 3, 0);
        string b = BareModels.Write(directory["b.onnx"], 0, float.PositiveInfinity);
        MergeReport report = BareModels.Run(BareModels.Soup(directory["c.onnx"], a, b) with { AllowNonFinite = true });
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(directory["c.onnx.merge-report.json"]));
        JsonElement root = json.RootElement;
        Assert.Equal(1, root.GetProperty("schema").GetInt32());
        Assert.Equal("linear", root.GetProperty("method").GetString());
        Assert.True(root.GetProperty("parameters").GetProperty("normalize").GetBoolean());
        Assert.Equal(["a.onnx", "b.onnx"], root.GetProperty("models").EnumerateArray().Select(model => model.GetProperty("name").GetString()));
        Assert.Equal(1, root.GetProperty("totals").GetProperty("actions").GetProperty("linear").GetInt32());
        Assert.Equal(report.Warnings, root.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()));
        JsonElement tensor = root.GetProperty("tensors")[0];
        Assert.Equal("f32[2]", tensor.GetProperty("type").GetString());
        Assert.Equal(3, tensor.GetProperty("norms")[0].GetDouble());
        Assert.Equal(JsonValueKind.Null, tensor.GetProperty("norms")[1].ValueKind);
        Assert.Equal(JsonValueKind.Null, tensor.GetProperty("angle_degrees")[0].ValueKind);
        Assert.Equal([0, 1], tensor.GetProperty("non_finite").EnumerateArray().Select(count => count.GetInt32()));
        Assert.DoesNotContain(directory.Path, File.ReadAllText(directory["c.onnx.merge-report.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public void ToYaml_WeightsAndAdapters_AreMergekitsKeys()
    {
        MergeOptions options = new()
        {
            Method = MergeMethods.Linear,
            Inputs = [new MergeInput("a") { Weight = 0.25 }, new MergeInput("12"), new MergeInput("c: d") { Adapters = ["x"] }, new MergeInput("e") { Adapters = ["x", "y"] }],
            Output = "out",
            DegreeOfParallelism = 1,
        };
        string yaml = ResolvedRecipe.ToYaml(options, ArgumentCheck.Resolve(options), ElementType.BFloat16);
        Assert.Equal(
            """
            merge_method: linear
            models:
            - model: a
              parameters:
                weight: 0.25
            - model: "12"
              parameters:
                weight: 1
            - model: 'c: d+x'
              parameters:
                weight: 1
            - model:
                model:
                  path: e
                loras:
                - x
                - y
              parameters:
                weight: 1
            parameters:
              normalize: true
            dtype: bfloat16

            """,
            yaml.ReplaceLineEndings("\n"));
    }
}
