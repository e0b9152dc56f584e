using System.Text.Json;
using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Methods;

/// <summary>Merges with a base beside the models, and parameters by model and by tensor, from files to report.</summary>
public class BaseMergeTests
{
    [Fact]
    public void Run_WithBase_TakesTypesFromItAndReportsIt()
    {
        using TemporaryDirectory directory = new();
        string Write(char name, ElementType type) =>
            BareModels.Write(directory[$"{name}.onnx"], "w", TensorData.FromDoubles(MethodGoldenTests.Models[name], type, 2, 3));
        MergeReport report = BareModels.Run(new MergeOptions
        {
            Method = MergeMethods.ModelStock,
            Base = new MergeInput(Write('W', ElementType.Float64)),
            Inputs = [new MergeInput(Write('A', ElementType.Float32)), new MergeInput(Write('C', ElementType.BFloat16))],
            Output = directory["out.onnx"],
            DegreeOfParallelism = 2,
        });
        TensorData result = BareModels.Read(directory["out.onnx"]);
        Assert.Equal("f64[2, 3]", result.ToString());
        double[] expected = [1.0806444629, -1.9853373704, 3.0586505185, 0.4560121111, 0.0806444629, -1.0586505185];
        Assert.All(expected.Zip(result.ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-10));
        Assert.Equal("W.onnx", report.Base);
        Assert.Equal(["A.onnx", "C.onnx"], report.Models.Select(model => model.Name));
        TensorReport tensor = Assert.Single(report.Tensors);
        Assert.Equal(3, tensor.Norms.Count);
        Assert.Equal(2, tensor.Cosines.Count);
        Assert.Equal([1 - 0.23460207, 0.117301035, 0.117301035], tensor.Factors.Select(factor => Math.Round(factor, 9)), (x, y) => Math.Abs(x - y) < 1e-8);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(directory["out.onnx." + MergeReport.FileName]));
        Assert.Equal("W.onnx", json.RootElement.GetProperty("base").GetString());
        JsonElement written = json.RootElement.GetProperty("tensors")[0];
        Assert.Equal(0.23460207, written.GetProperty("ratio").GetDouble(), 8);
        Assert.Equal(0.13288906, written.GetProperty("task_cosine").GetDouble(), 8);
        Assert.Contains("base_model: " + directory["W.onnx"], File.ReadAllText(directory["out.onnx." + ResolvedRecipe.FileName]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nuslerp", "nuslerp_flatten=false")]
    [InlineData("nearswap", "t=0.125")]
    [InlineData("arcee_fusion", "")]
    [InlineData("model_stock", "filter_wise=true")]
    [InlineData("ties", "density=0.5")]
    [InlineData("dare_linear", "density=0.5")]
    [InlineData("della", "density=0.5")]
    public void Run_TransposedTwinOfTheTable_StaysItsTwin(string method, string parameters)
    {
        using TemporaryDirectory directory = new();
        MergeMethod found = MergeMethods.Find(method);
        string[] paths = [.. Enumerable.Range(0, 1 + found.MinimumInputs).Select(Write)];
        BareModels.Run(MergeTensors.Options(method, true, found.MinimumInputs, parameters) with
        {
            Base = new MergeInput(paths[0]),
            Inputs = [.. paths.Skip(1).Select(path => new MergeInput(path))],
            Output = directory["out.onnx"],
        });
        using OnnxModel merged = OnnxModel.Load(directory["out.onnx"]);
        using OnnxModel origin = OnnxModel.Load(paths[0]);
        Assert.False(merged.Tensors["table"].ContentEquals(origin.Tensors["table"]));
        Assert.True(TransposedTwins.AreTwins(merged.Tensors["table"], merged.Tensors["twin"]));

        string Write(int model)
        {
            const int rows = 1201;
            const int columns = 37;
            float[] common = BareModels.Values(rows * columns, 1);
            float[] values = [.. BareModels.Values(rows * columns, 2 + (uint)model).Select((value, i) => common[i] + (0.25f * value))];
            float[] turned = [.. Enumerable.Range(0, values.Length).Select(i => values[((i % rows) * columns) + (i / rows)])];
            return BareModels.Write(
                directory[$"{model}.onnx"],
                new Dictionary<string, TensorData> { ["twin"] = TensorData.From<float>(turned, columns, rows), ["table"] = TensorData.From<float>(values, rows, columns) },
                ExternalDataMode.Auto,
                BareModels.Node("Gather", ["table", "ids"], "rows"),
                BareModels.Node("MatMul", ["rows", "twin"], "logits"));
        }
    }

    [Fact]
    public void Run_LinearVectors_AveragesWhatHasOneAxis()
    {
        using TemporaryDirectory directory = new();
        string Write(string name, float[] values) => BareModels.Write(directory[name], new Dictionary<string, TensorData>
        {
            ["bias"] = TensorData.From<float>(values, 2),
            ["weight"] = TensorData.From<float>(values, 1, 2),
        });
        MergeOptions options = BareModels.Slerp(Write("a.onnx", [1, 0]), Write("b.onnx", [0, 1]), directory["c.onnx"], "0.25") with { LinearVectors = true };
        MergeReport report = BareModels.Run(options);
        Assert.Equal(["linear", "slerp"], report.Tensors.Select(tensor => tensor.Action));
        Assert.Equal([0.75f, 0.25f], BareModels.Read(directory["c.onnx"], "bias").ToSingles());
        Assert.Equal((float)Math.Cos(Math.PI / 8), BareModels.Read(directory["c.onnx"], "weight").ToSingles()[0]);
    }

    [Theory]
    [InlineData("linear", false, 2, "", "1,3", new[] { 0.25, 0.75 })]
    [InlineData("nuslerp", false, 2, "", "1,3", new[] { 0.25, 0.75 })]
    [InlineData("nuslerp", true, 2, "", "1,3", new[] { 0.25, 0.75 })]
    [InlineData("multislerp", false, 2, "", "1,3", new[] { 0.25, 0.75 })]
    [InlineData("multislerp", true, 2, "", "1,3", new[] { 0.25, 0.75 })]
    [InlineData("karcher", false, 2, "", "", new[] { 0.5, 0.5 })]
    [InlineData("model_stock", true, 2, "", "", new[] { 0.5, 0.5 })]
    [InlineData("task_arithmetic", true, 2, "lambda=0.5", "1,3", new[] { 0.5, 1.5 })]
    [InlineData("ties", true, 2, "", "1,3", new[] { 0.25, 0.75 })]
    [InlineData("sce", true, 2, "", "", new[] { 0.5, 0.5 })]
    public void Average_EachMethod_IsTheWeightedMeanOfItsWeights(string method, bool hasBase, int models, string parameters, string weights, double[] expected)
    {
        TensorData[] sources = [.. new[] { 0.5, 2, 7 }.Skip(hasBase ? 0 : 1).Select(value => TensorData.From<double>([value, -1], 2))];
        MergeOptions options = MergeTensors.Options(method, hasBase, models, parameters, weights);
        MergeTensor tensor = MergeTensors.Of(sources, hasBase);
        TensorBlend blend = options.Method.Rule.Average(tensor, ArgumentCheck.Resolve(options))!;
        Assert.Equal("linear", blend.Action);
        Assert.Equal(hasBase ? [1 - expected.Sum(), .. expected] : expected, blend.Factors);
    }

    [Theory]
    [InlineData("nearswap", true, 1, "t=0.1")]
    [InlineData("arcee_fusion", true, 1, "")]
    [InlineData("passthrough", false, 1, "")]
    public void Average_MethodsOfOneModel_HaveNone(string method, bool hasBase, int models, string parameters)
    {
        MergeOptions options = MergeTensors.Options(method, hasBase, models, parameters);
        MergeTensor tensor = MergeTensors.Of([TensorData.From<double>([1], 1), TensorData.From<double>([2], 1)], hasBase);
        Assert.Null(options.Method.Rule.Average(tensor, ArgumentCheck.Resolve(options)));
    }

    [Fact]
    public void Run_ScheduledParameters_HoldForTheirTensorsAndModels()
    {
        using TemporaryDirectory directory = new();
        string Write(string name, float value) => BareModels.Write(
            directory[name], Enumerable.Range(0, 3).ToDictionary(i => $"layer.{i}", _ => TensorData.From<float>([value, 1], 2)));
        MergeOptions options = BareModels.Soup(directory["c.onnx"], Write("a.onnx", 0), Write("b.onnx", 4)) with
        {
            Schedule = new FakeSchedule((name, tensor, model) =>
                (name, tensor, model) switch
                {
                    ("weight", "layer.0", 1) => 3.0,
                    ("weight", "layer.1", 0) => 0.0,
                    ("normalize", "layer.2", null) => false,
                    _ => null,
                }, ["weight", "normalize"]),
        };
        BareModels.Run(options);
        Assert.Equal([3f, 4f, 4f], Enumerable.Range(0, 3).Select(i => BareModels.Read(directory["c.onnx"], $"layer.{i}").ToSingles()[0]));
        Assert.Equal(2f, BareModels.Read(directory["c.onnx"], "layer.2").ToSingles()[1]);
    }

    [Fact]
    public void Run_ScheduleLeavesGapsOrLeavesTheRange_NamesEachTensor()
    {
        using TemporaryDirectory directory = new();
        string Write(string name, float value) => BareModels.Write(
            directory[name], Enumerable.Range(0, 3).ToDictionary(i => $"layer.{i}", _ => TensorData.From<float>([value, 1], 2)));
        MergeOptions options = BareModels.Slerp(Write("a.onnx", 0), Write("b.onnx", 4), directory["c.onnx"]) with
        {
            Parameters = new Dictionary<string, string>(),
            Schedule = new FakeSchedule((name, tensor, _) => (name, tensor) switch
            {
                ("t", "layer.0") => 0.5,
                ("t", "layer.1") => 2.0,
                _ => null,
            }, ["t"]),
        };
        DataException error = Assert.Throws<DataException>(() => BareModels.Run(options));
        Assert.Equal(
            "merge: 'layer.1': t: needs a number in [0, 1], got 2; --extrapolate allows it; 'layer.2': t: needs a value (0 is the first model, 1 the second)",
            error.Message);
        Assert.Equal(["a.onnx", "b.onnx"], directory.Files());
    }

    [Fact]
    public void Resolve_WrongBasesModelsAndParameters_AreListedTogether()
    {
        OptionException error = Assert.Throws<OptionException>(() => ArgumentCheck.Resolve(new MergeOptions
        {
            Method = MergeMethods.Karcher,
            Base = new MergeInput("base"),
            Inputs = [new MergeInput("a") { Parameters = new Dictionary<string, string> { ["density"] = "1", ["tol"] = "1" } }],
            Output = "",
            Parameters = new Dictionary<string, string> { ["max_iter"] = "1.5", ["tol"] = "-1" },
            Schedule = new FakeSchedule((_, _, _) => null),
            DegreeOfParallelism = 1,
        }));
        Assert.Equal(
            "merge karcher: max_iter: needs a whole number, got 1.5; tol: needs a number from 0 on, got -1; "
            + "parameter 'density': not one of those of karcher (max_iter, tol); parameter 't': not one of those of karcher (max_iter, tol); "
            + "parameter 'weight': not one of those of karcher (max_iter, tol); parameter 'normalize': not one of those of karcher (max_iter, tol); "
            + "parameter 'tol': one value for the whole merge, not for single models; models: needs 2 or more, got 1; base: karcher takes none",
            error.Message);
        Assert.Contains(
            "base: needs the model that the others were trained from",
            Assert.Throws<OptionException>(() => ArgumentCheck.Resolve(MergeTensors.Options("model_stock", false, 2))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_ModelParameters_OwnBeforeCommonBeforeDefault()
    {
        MergeOptions options = MergeTensors.Options("linear", false, 3) with
        {
            Inputs =
            [
                new MergeInput("a") { Parameters = new Dictionary<string, string> { ["weight"] = "5" }, Weight = 7 },
                new MergeInput("b") { Weight = 3 },
                new MergeInput("c"),
            ],
            Parameters = new Dictionary<string, string> { ["weight"] = "2" },
        };
        Assert.Equal([5, 3, 2], ArgumentCheck.Resolve(options).Weights);
        Assert.Equal([5, 3, 1], ArgumentCheck.Resolve(options with { Parameters = new Dictionary<string, string>() }).Weights);
    }

    private sealed class FakeSchedule(Func<string, string, int?, object?> find, string[]? names = null) : IParameterSchedule
    {
        public IReadOnlyCollection<string> Names { get; } = names ?? ["t", "weight", "normalize"];

        public IReadOnlyList<string> Bind(OnnxModel model) => [];

        public object? Find(string parameter, string tensor, int? model) => find(parameter, tensor, model);
    }
}
