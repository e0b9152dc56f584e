using System.Text.Json;
using OnnxEmbed.Merging.Adapters.Combining;
using OnnxEmbed.Merging.Adapters.Reports;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Adapters;

public class AdapterCombinationTests
{
    private const string Module = "layers.0.q_proj";
    private const int Out = 12, In = 17;

    [Theory]
    [InlineData("cat", "1,0,0,1", 2)]
    [InlineData("linear", "1,1,1,1", 1)]
    public void Combine_GoldenCrossTerm_TellsExactFromLinear(string method, string expected, int rank)
    {
        // A1 = [1 0], B1 = [1 0]ᵀ; A2 = [0 1], B2 = [0 1]ᵀ: the sum of the products is I, the product of the sums all ones.
        using TemporaryDirectory directory = new();
        Save(directory["a"], 1, new LoraModule(Module, TensorData.From<float>([1, 0], 1, 2), TensorData.From<float>([1, 0], 2, 1), 0, 0));
        Save(directory["b"], 1, new LoraModule(Module, TensorData.From<float>([0, 1], 1, 2), TensorData.From<float>([0, 1], 2, 1), 0, 0));
        Run(Options(method, directory["c"], directory["a"], directory["b"]));
        using LoraAdapter made = LoraAdapter.Load(directory["c"]);
        Assert.Equal(expected.Split(',').Select(double.Parse), ReferenceFold.Flat(ReferenceFold.Delta(made.Modules[0]), false));
        Assert.Equal((rank, (double)rank, 1.0), (made.Settings.R, made.Settings.LoraAlpha, made.Modules[0].Scale));
    }

    [Fact]
    public void Combine_Cat_IsTheWeightedSumOfTheChanges()
    {
        using TemporaryDirectory directory = new();
        LoraModule[] modules = Two(directory);
        AdapterReport report = Run(Options("cat", directory["c"], directory["a"], directory["b"]) with { Weights = [.25, -3] });
        double[] expected = Sum(modules, .25, -3);
        AssertClose(expected, Delta(directory["c"]), 1e-6);
        AdapterLayerReport layer = Assert.Single(report.Layers);
        Assert.Equal((Module, Out, In, 5), (layer.Module, layer.Outputs, layer.Inputs, layer.Rank));
        Assert.Equal(Norm(expected), layer.Norm, 1e-9);
        Assert.InRange(layer.RelativeError, 0, 1e-7);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(directory["c", AdapterReport.FileName]));
        Assert.Equal(report.RelativeError, json.RootElement.GetProperty("relative_error").GetDouble());
        Assert.Equal(-3, json.RootElement.GetProperty("options").GetProperty("weights")[1].GetDouble());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void Combine_Svd_ReportsTheErrorThatTheFilesHave(int rank)
    {
        using TemporaryDirectory directory = new();
        double[] expected = Sum(Two(directory), 1, .5);
        AdapterReport report = Run(Options("svd", directory["c"], directory["a"], directory["b"]) with { Weights = [1, .5], Rank = rank });
        double error = Norm([.. Delta(directory["c"]).Zip(expected, (made, exact) => made - exact)]) / Norm(expected);
        Assert.Equal(error, report.Layers[0].RelativeError, 1e-9);
        Assert.Equal(rank, report.Layers[0].Rank);
        Assert.True(rank == 5 ? error < 1e-6 : error > 1e-2, $"rank {rank} leaves {error}");
    }

    [Theory]
    [InlineData("ties_svd", 0.4)]
    [InlineData("magnitude_prune_svd", 0.4)]
    [InlineData("dare_linear_svd", 0.6)]
    [InlineData("dare_ties_svd", 0.6)]
    [InlineData("ties_svd", 1.0)]
    [InlineData("dare_linear_svd", 0.0)]
    public void Combine_Thinned_EqualsTheSlowTwin(string method, double density)
    {
        using TemporaryDirectory directory = new();
        LoraModule[] modules = Two(directory);
        Run(Options(method, directory["c"], directory["a"], directory["b"]) with { Weights = [.7, 1.5], Rank = Out, Density = density, Seed = 5 });
        double[][] deltas = [.. modules.Select((module, i) => Thin(ReferenceFold.Flat(ReferenceFold.Delta(module), false), method, density, $"{Module}/{i}"))];
        double[] weights = [.7, 1.5];
        double[] expected =
        [
            .. Enumerable.Range(0, Out * In).Select(at =>
            {
                int sign = deltas.Sum(delta => delta[at]) >= 0 ? 1 : -1;
                int[] used = [.. Enumerable.Range(0, 2).Where(i => !method.Contains("ties", StringComparison.Ordinal) || Math.Sign(deltas[i][at]) == sign)];
                double sum = used.Sum(i => weights[i] * deltas[i][at]);
                return method.Contains("ties", StringComparison.Ordinal) ? sum / Math.Max(1, used.Length) : sum;
            }),
        ];
        Assert.True(density > 0 == expected.Any(value => value != 0));
        AssertClose(expected, Delta(directory["c"]), 1e-6);
    }

    [Fact]
    public void Combine_OtherSeed_KeepsOthers()
    {
        using TemporaryDirectory directory = new();
        Two(directory);
        CombineOptions options = Options("dare_linear_svd", directory["c"], directory["a"], directory["b"]) with { Density = .5, Rank = 4 };
        Run(options);
        Run(options with { Output = directory["d"] });
        Run(options with { Output = directory["e"], Seed = 1, DegreeOfParallelism = 1 });
        Assert.Equal(File.ReadAllBytes(directory["c", LoraAdapter.TensorsFileName]), File.ReadAllBytes(directory["d", LoraAdapter.TensorsFileName]));
        Assert.NotEqual(File.ReadAllBytes(directory["c", LoraAdapter.TensorsFileName]), File.ReadAllBytes(directory["e", LoraAdapter.TensorsFileName]));
    }

    [Fact]
    public void Combine_LayersOfOneAdapterOnly_KeepTheirRanksByPattern()
    {
        using TemporaryDirectory directory = new();
        LoraModule first = MakeModule("layers.1.q_proj", 2, 1), second = MakeModule("layers.11.q_proj", 3, 2), both = MakeModule("x.layers.1.q_proj", 2, 3);
        Save(directory["a"], 2, first, both);
        LoraSettings settings = new() { R = 3, LoraAlpha = 3, TargetModules = ["q_proj"], RankPattern = [KeyValuePair.Create("x.layers.1.q_proj", 2)] };
        using (LoraAdapter adapter = LoraAdapter.Create(settings, [second, both]))
        {
            adapter.Save(directory["b"]);
        }

        Run(Options("cat", directory["c"], directory["a"], directory["b"]));
        using LoraAdapter made = LoraAdapter.Load(directory["c"]);
        Assert.Equal([2, 3, 4], made.Modules.Select(module => module.Rank));
        Assert.All(made.Modules, module => Assert.Equal(1, module.Scale));
    }

    [Fact]
    public void Combine_BiasesEmbeddingsAndWholeTensors_AreCarriedOn()
    {
        using TemporaryDirectory directory = new();
        LoraModule table = MakeModule("embed", 2, 4) with { IsEmbedding = true };
        LoraModule biased = MakeModule(Module, 2, 5) with { Bias = TensorData.From<float>([.. Enumerable.Range(0, Out).Select(i => (float)i)], Out) };
        LoraSettings settings = new() { R = 2, LoraAlpha = 6, TargetModules = ["q_proj"], LoraBias = true, ModulesToSave = ["head"] };
        using (LoraAdapter adapter = LoraAdapter.Create(
            settings, [table, biased], new Dictionary<string, TensorData> { ["head.weight"] = TensorData.FromSingles([1, 2], ElementType.Float16, 2) }))
        {
            adapter.Save(directory["a"]);
        }

        Save(directory["b"], 2, MakeModule(Module, 2, 6), MakeModule("layers.9.q_proj", 2, 7));
        Run(Options("svd", directory["c"], directory["a"], directory["b"]) with { ElementType = ElementType.Float64, Rank = 9 });
        using LoraAdapter made = LoraAdapter.Load(directory["c"]);
        Assert.Equal(["embed", Module, "layers.9.q_proj"], made.Modules.Select(module => module.Module));
        Assert.True(made.Modules[0].IsEmbedding);
        Assert.Equal(Enumerable.Range(0, Out).Select(i => 3.0 * i), made.Modules[1].Bias!.ToDoubles());
        Assert.All(made.Modules[2].Bias!.ToDoubles(), value => Assert.Equal(0, value));
        Assert.Equal("f16[2]", made.WholeTensors["head.weight"].ToString());
        Assert.Equal(["head"], made.Settings.ModulesToSave);
        Assert.Equal(ElementType.Float64, made.Modules[0].A.ElementType);
    }

    [Fact]
    public void Combine_CatOfTwo_EmbedsLikeFoldingBothWithWeights()
    {
        using TemporaryDirectory directory = new();
        string package = AdapterPackages.Init(directory["p"]);
        LoraSettings settings = new() { R = 3, LoraAlpha = 5, TargetModules = ["query", "dense"] };
        AdapterPackages.Save(directory["a"], settings, [AdapterPackages.Change(package, AdapterPackages.Query, 3, 1), AdapterPackages.Change(package, AdapterPackages.Wide, 3, 5)]);
        AdapterPackages.Save(directory["b"], settings with { UseRslora = true }, [AdapterPackages.Change(package, AdapterPackages.Query, 3, 9)]);
        Run(Options("cat", directory["c"], directory["a"], directory["b"]) with { Weights = [.5, -1.5] });
        BareModels.Run(new MergeOptions
        {
            Method = MergeMethods.Lora,
            Inputs = [new MergeInput(package) { Adapters = [directory["a"], directory["b"]], AdapterWeights = [.5, -1.5] }],
            Output = directory["folded"],
            DegreeOfParallelism = 2,
        });
        float[] active = AdapterPackages.Embed(package, adapter: directory["c"]);
        Assert.InRange(AdapterPackages.LargestDifference(AdapterPackages.Embed(directory["folded"]), active), 0, 1e-5);
        Assert.True(AdapterPackages.LargestDifference(AdapterPackages.Embed(package), active) > 1e-3);
    }

    [Fact]
    public void Combine_AdaptersThatDoNotFit_AreListedTogether()
    {
        using TemporaryDirectory directory = new();
        Save(directory["a"], 2, MakeModule(Module, 2, 1), MakeModule("k", 2, 2));
        Save(directory["b"], 3, MakeModule(Module, 3, 1), MakeModule("k", 3, 2) with { IsEmbedding = true });
        LoraSettings dora = new() { R = 2, LoraAlpha = 1, TargetModules = [], UseDora = true };
        using (LoraAdapter adapter = LoraAdapter.Create(dora, [MakeModule("z", 2, 3) with { Magnitude = TensorData.From<float>(new float[Out], Out) }]))
        {
            adapter.Save(directory["d"]);
        }

        ShapeMismatchException e = Assert.Throws<ShapeMismatchException>(() => Run(Options("linear", directory["c"], directory["a"], directory["b"], directory["d"])));
        Assert.Equal(
            [
                $"k is a table [{In}, {Out}] in {directory["b"]}, a layer [{Out}, {In}] in {directory["a"]}",
                $"{Module} has rank 3 in {directory["b"]}, 2 in {directory["a"]}; linear needs equal ranks, cat and svd do not",
                $"{directory["d"]} has magnitudes (DoRA), which depend on the base; fold the adapters with merge --lora and extract one adapter from the result",
            ],
            e.Differences);
        Assert.False(Directory.Exists(directory["c"]));
    }

    [Fact]
    public void Combine_WrongOptions_AreListedTogether()
    {
        OptionException e = Assert.Throws<OptionException>(() => Run(new CombineOptions
        {
            Method = CombinationMethods.Concatenated,
            Adapters = ["a", "b"],
            Weights = [1],
            Rank = 4,
            Density = .5,
            ElementType = ElementType.Int8,
            Output = "x",
            DegreeOfParallelism = 0,
        }));
        Assert.Equal(
            "combine cat: weights: needs a number for each of the 2 adapters, got 1; rank: cat takes none; its rank follows from the adapters; "
            + "density: cat takes none; dtype: needs a floating-point type, got i8; threads: needs 1 or more, got 0",
            e.Message);
        Assert.Contains("ties_svd works on B·A", Assert.Throws<OptionException>(() => CombinationMethods.Find("ties")).Message, StringComparison.Ordinal);
        Assert.Contains("cat, linear, svd", Assert.Throws<OptionException>(() => CombinationMethods.Find("mean")).Message, StringComparison.Ordinal);
        Assert.All(CombinationMethods.All, method => Assert.StartsWith("https://", method.Reference, StringComparison.Ordinal));
    }

    private static double[] Thin(double[] delta, string method, double density, string name)
    {
        if (method.StartsWith("dare", StringComparison.Ordinal))
        {
            CounterRandom random = new(5, name);
            return [.. delta.Select(value => random.NextDouble() < density ? value / density : 0)];
        }

        HashSet<int> kept = [.. Enumerable.Range(0, delta.Length).OrderByDescending(i => Math.Abs(delta[i])).Take((int)(density * delta.Length))];
        return [.. delta.Select((value, i) => kept.Contains(i) ? value : 0)];
    }

    private static AdapterReport Run(CombineOptions options) => AdapterCombination.Run(options, cancellation: TestContext.Current.CancellationToken);

    private static CombineOptions Options(string method, string output, params string[] adapters) => new()
    {
        Method = CombinationMethods.Find(method),
        Adapters = adapters,
        Output = output,
        DegreeOfParallelism = 2,
    };

    /// <summary>Two adapters of ranks 2 and 3 as a and b; their modules with scales.</summary>
    private static LoraModule[] Two(TemporaryDirectory directory)
    {
        LoraModule a = MakeModule(Module, 2, 1), b = MakeModule(Module, 3, 8);
        Save(directory["a"], 4, a);
        Save(directory["b"], 3, b);
        return [a with { Scale = 2 }, b with { Scale = 1 }];
    }

    private static LoraModule MakeModule(string name, int rank, uint seed) => new(
        name, AdapterPackages.Random([rank, In], seed, 1), AdapterPackages.Random([Out, rank], seed + 100, 1), 0, 0);

    private static void Save(string path, double alpha, params LoraModule[] modules) => AdapterPackages.Save(
        path, new LoraSettings { R = modules[0].Rank, LoraAlpha = alpha, TargetModules = ["q_proj"] }, modules);

    private static double[] Sum(LoraModule[] modules, params double[] weights)
    {
        double[][] deltas = [.. modules.Select(module => ReferenceFold.Flat(ReferenceFold.Delta(module), false))];
        return [.. Enumerable.Range(0, deltas[0].Length).Select(at => deltas.Zip(weights, (delta, weight) => delta[at] * weight).Sum())];
    }

    private static double[] Delta(string adapter)
    {
        using LoraAdapter made = LoraAdapter.Load(adapter);
        return ReferenceFold.Flat(ReferenceFold.Delta(made.Modules[0]), false);
    }

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(value => value * value));

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.InRange(expected.Zip(actual).Max(pair => Math.Abs(pair.First - pair.Second)), 0, tolerance);
    }
}
