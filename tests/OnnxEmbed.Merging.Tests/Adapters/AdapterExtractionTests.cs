using OnnxEmbed.Merging.Adapters.Extracting;
using OnnxEmbed.Merging.Adapters.Reports;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Adapters;

public class AdapterExtractionTests
{
    [Fact]
    public void Extract_FoldedAdapter_IsFoundAgain()
    {
        using TemporaryDirectory directory = new();
        string package = AdapterPackages.Init(directory["p"]);
        string tuned = Tuned(directory, package, dora: false);
        AdapterReport report = Run(Options(package, tuned, directory["x"]) with { Energy = 0.999999 });
        Assert.Equal([AdapterPackages.Table, AdapterPackages.Query, AdapterPackages.Wide], report.Layers.Select(layer => layer.Module));
        Assert.Equal([3, 3, 2], report.Layers.Select(layer => layer.Rank));
        Assert.All(report.Layers, layer => Assert.InRange(layer.RelativeError, 0, 1e-4));
        Assert.Empty(report.Warnings);
        Assert.InRange(AdapterPackages.LargestDifference(AdapterPackages.Embed(tuned), AdapterPackages.Embed(package, adapter: directory["x"])), 0, 1e-5);
        using LoraAdapter adapter = LoraAdapter.Load(directory["x"]);
        Assert.Equal("p", adapter.Settings.BaseModelNameOrPath);
        Assert.True(adapter.Modules[0].IsEmbedding);
    }

    [Fact]
    public void Extract_DoraAndBiases_BecomeLowRankAndWholeTensors()
    {
        // With magnitudes the change has full rank: 16 of 16 give it back.
        using TemporaryDirectory directory = new();
        string package = AdapterPackages.Init(directory["p"]);
        string tuned = Tuned(directory, package, dora: true);
        AdapterReport part = Run(Options(package, tuned, directory["y"]) with { Rank = 2 });
        Assert.Contains("changed tensors are not in the adapter", Assert.Single(part.Warnings), StringComparison.Ordinal);
        Assert.Contains(AdapterPackages.Query + ".bias", part.Warnings[0], StringComparison.Ordinal);
        Assert.All(part.Layers, layer => Assert.Equal(2, layer.Rank));
        AdapterReport report = Run(Options(package, tuned, directory["x"]) with { Rank = 64, KeepWhole = true });
        Assert.Empty(report.Warnings);
        Assert.True(report.RelativeError < 1e-6 && part.RelativeError > 1e-2);
        Assert.InRange(AdapterPackages.LargestDifference(AdapterPackages.Embed(tuned), AdapterPackages.Embed(package, adapter: directory["x"])), 0, 1e-5);
        using LoraAdapter adapter = LoraAdapter.Load(directory["x"]);
        Assert.Equal([AdapterPackages.Query + ".bias", "encoder.layer.1.output.LayerNorm.weight"], adapter.WholeTensors.Keys);
        Assert.Equal([AdapterPackages.Query, "encoder.layer.1.output.LayerNorm"], adapter.Settings.ModulesToSave);
    }

    [Fact]
    public void Extract_TunedAsModelWithAdapter_EqualsTheFoldedOne()
    {
        using TemporaryDirectory directory = new();
        string package = AdapterPackages.Init(directory["p"]);
        Tuned(directory, package, dora: true);
        ExtractOptions options = Options(package, package, directory["x"]) with { Rank = 3, Tuned = new MergeInput(package) { Adapters = [directory["a"]] } };
        AdapterReport first = Run(options);
        AdapterReport second = Run(Options(package, directory["tuned"], directory["y"]) with { Rank = 3, DegreeOfParallelism = 1 });
        Assert.All(first.Layers.Zip(second.Layers), pair => Assert.Equal(pair.Second.RelativeError, pair.First.RelativeError, 1e-5));
    }

    [Fact]
    public void Extract_ExportedGraphs_NameLayersByTheirNodes()
    {
        using TemporaryDirectory directory = new();
        string package = AdapterPackages.Init(directory["p"]);
        string tuned = Tuned(directory, package, dora: false);
        foreach ((string source, string target) in new[] { (package, "a.onnx"), (tuned, "b.onnx") })
        {
            using OnnxModel ours = OnnxModel.Load(ModelPackage.Open(source).ModelPath);
            using OnnxModel exported = ExportedGraph.Of(ours, target == "a.onnx" ? 0 : 700);
            exported.Save(directory[target]);
        }

        ExtractOptions options = Options(directory["a.onnx"], directory["b.onnx"], directory["x"]) with { Rank = 3, Targets = ["query"] };
        OptionException e = Assert.Throws<OptionException>(() => Run(options with { Targets = ["query", "quary"] }));
        Assert.StartsWith($"extract: targets: need names or name endings of layers of a.onnx, got quary; it has {AdapterPackages.Table}, ", e.Message.Replace("embeddings.position_embeddings, embeddings.token_type_embeddings, ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Run(options);
        using LoraAdapter adapter = LoraAdapter.Load(directory["x"]);
        LoraModule module = Assert.Single(adapter.Modules);
        Assert.Equal(AdapterPackages.Query, module.Module);
        using LoraAdapter made = LoraAdapter.Load(directory["a"]);
        double[] expected = ReferenceFold.Flat(ReferenceFold.Delta(made.Modules.Single(each => each.Module == AdapterPackages.Query)), false);
        double[] actual = ReferenceFold.Flat(ReferenceFold.Delta(module), false);
        Assert.InRange(expected.Zip(actual).Max(pair => Math.Abs(pair.First - pair.Second)), 0, 1e-6);
    }

    [Fact]
    public void Extract_ModelsThatDoNotFit_AreRefused()
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], "x.weight", TensorData.From<float>([1, 2], 1, 2));
        string b = BareModels.Write(directory["b.onnx"], "x.weight", TensorData.From<float>([1, 2], 2, 1));
        string c = BareModels.Write(directory["c.onnx"], "x.weight", TensorData.From<float>([1, float.NaN], 1, 2));
        Assert.Contains("'x.weight' is f32[1, 2], in b.onnx f32[2, 1]", Assert.Throws<ShapeMismatchException>(() => Run(Options(a, b, directory["x"]) with { Rank = 1 })).Message, StringComparison.Ordinal);
        Assert.Contains("a.onnx and a.onnx have none", Assert.Throws<DataException>(() => Run(Options(a, a, directory["x"]) with { Rank = 1 })).Message, StringComparison.Ordinal);
        Assert.Contains("'x.weight': needs finite weights in both models, got 1", Assert.Throws<DataException>(() => Run(Options(a, c, directory["x"]) with { Rank = 1 })).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(directory["x"]));
    }

    [Fact]
    public void Extract_WrongOptions_AreListedTogether()
    {
        ExtractOptions options = Options("a", "b", "x") with { Energy = 1.5, Rank = 0, KeepWhole = true, Targets = ["q"], DegreeOfParallelism = 0 };
        Assert.Equal(
            "extract: rank: needs 1 or more, got 0; energy: needs a number in (0, 1], got 1.5; whole, targets: need one of them; threads: needs 1 or more, got 0",
            Assert.Throws<OptionException>(() => Run(options)).Message);
        Assert.Equal("extract: rank, energy: needs one of them", Assert.Throws<OptionException>(() => Run(Options("a", "b", "x"))).Message);
    }

    /// <summary>The package with an adapter (saved as a) folded in, as tuned.</summary>
    private static string Tuned(TemporaryDirectory directory, string package, bool dora)
    {
        LoraSettings settings = new()
        {
            R = 3,
            LoraAlpha = 3,
            TargetModules = ["query"],
            UseDora = dora,
            RankPattern = [KeyValuePair.Create("intermediate.dense", 2)],
        };
        AdapterPackages.Save(
            directory["a"],
            settings,
            [
                AdapterPackages.Change(package, AdapterPackages.Query, 3, 1, dora, size: 0.1f),
                AdapterPackages.Change(package, AdapterPackages.Wide, 2, 5, dora, size: 0.1f),
                AdapterPackages.Change(package, AdapterPackages.Table, 3, 9, dora, size: 0.1f),
            ],
            dora
                ? new Dictionary<string, TensorData>
                {
                    [AdapterPackages.Query + ".bias"] = AdapterPackages.Random([16], 31),
                    ["encoder.layer.1.output.LayerNorm.weight"] = AdapterPackages.Random([16], 32),
                }
                : null);
        BareModels.Run(new MergeOptions
        {
            Method = MergeMethods.Lora,
            Inputs = [new MergeInput(package) { Adapters = [directory["a"]] }],
            Output = directory["tuned"],
            DegreeOfParallelism = 2,
        });
        return directory["tuned"];
    }

    private static AdapterReport Run(ExtractOptions options) => AdapterExtraction.Run(options, cancellation: TestContext.Current.CancellationToken);

    private static ExtractOptions Options(string from, string to, string output) => new()
    {
        Base = new MergeInput(from),
        Tuned = new MergeInput(to),
        Output = output,
        DegreeOfParallelism = 2,
    };
}
