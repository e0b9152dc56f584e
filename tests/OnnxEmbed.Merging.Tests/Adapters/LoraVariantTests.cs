using OnnxEmbed.Merging.Adapters;
using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Adapters;

public class LoraVariantTests
{
    private const string Module = "layers.0.self_attn.q_proj";
    private const int Out = 37, In = 53, Rank = 3;

    [Theory]
    [InlineData(false, false, false, ElementType.Float32)]
    [InlineData(true, false, false, ElementType.Float32)]
    [InlineData(false, true, false, ElementType.Float32)]
    [InlineData(true, true, false, ElementType.Float32)]
    [InlineData(false, true, true, ElementType.Float32)]
    [InlineData(false, false, true, ElementType.Float16)]
    [InlineData(true, true, false, ElementType.BFloat16)]
    public void Fold_Variants_EqualTheSlowTwin(bool transposed, bool dora, bool rankStabilised, ElementType adapterType)
    {
        using TemporaryDirectory directory = new();
        double[] w = Doubles(Out * In, 1);
        LoraModule module = MakeModule(Module, Out, In, adapterType, dora);
        using LoraAdapter adapter = Save(directory["x"], rankStabilised, module);
        string model = BareModels.Write(
            directory["m.onnx"],
            new Dictionary<string, TensorData> { [Module + ".weight"] = TensorData.From<double>(w, transposed ? [In, Out] : [Out, In]) },
            ExternalDataMode.Auto,
            BareModels.Node(transposed ? "MatMul" : "Identity", transposed ? ["x", Module + ".weight"] : [Module + ".weight"], "y"));
        BareModels.Run(Fold(model, directory["c.onnx"], directory["x"]));
        double[,] expected = ReferenceFold.Fold(ReferenceFold.Square(w, Out, In, transposed), adapter.Modules[0]);
        AssertClose(ReferenceFold.Flat(expected, transposed), BareModels.Read(directory["c.onnx"], Module + ".weight").ToDoubles());
        if (!transposed)
        {
            // The fold in memory, which embed --adapter uses.
            AssertClose(ReferenceFold.Flat(expected, false), LoraFolding.Fold(TensorData.From<double>(w, Out, In), adapter.Modules[0]).ToDoubles());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Fold_Embedding_ChangesTheTableByTheTransposedProduct(bool dora)
    {
        using TemporaryDirectory directory = new();
        const string Table = "embeddings.word_embeddings";
        double[] w = Doubles(In * Out, 4);
        LoraModule module = MakeModule(Table, Out, In, ElementType.Float32, dora) with { IsEmbedding = true };
        using LoraAdapter adapter = Save(directory["x"], false, module);
        Assert.Contains($"base_model.model.{Table}.lora_embedding_A", Keys(directory["x"]));
        string model = BareModels.Write(
            directory["m.onnx"],
            new Dictionary<string, TensorData> { [Table + ".weight"] = TensorData.From<double>(w, In, Out) },
            ExternalDataMode.Auto,
            BareModels.Node("Gather", [Table + ".weight", "ids"], "y"));
        BareModels.Run(Fold(model, directory["c.onnx"], directory["x"]));
        double[,] expected = ReferenceFold.Fold(ReferenceFold.Square(w, Out, In, true), adapter.Modules[0]);
        double[] actual = BareModels.Read(directory["c.onnx"], Table + ".weight").ToDoubles();
        AssertClose(ReferenceFold.Flat(expected, true), actual);
        AssertClose(actual, LoraFolding.Fold(TensorData.From<double>(w, In, Out), adapter.Modules[0]).ToDoubles());
    }

    [Fact]
    public void Fold_DoraGoldenVector_HasTheMagnitudes()
    {
        using TemporaryDirectory directory = new();
        LoraModule module = new(Module, TensorData.From<float>([1, .5f, 0, 2], 2, 2), TensorData.From<float>([1, 0, .5f, 1, 0, -1], 3, 2), 0, 0)
        {
            Magnitude = TensorData.From<float>([2, 5, 10], 3),
        };
        LoraSettings settings = new() { R = 2, LoraAlpha = 4, TargetModules = ["q_proj"], UseDora = true };
        using LoraAdapter adapter = LoraAdapter.Create(settings, [module]);
        adapter.Save(directory["x"]);
        string model = BareModels.Write(directory["m.onnx"], Module + ".weight", TensorData.From<double>([1, 2, 3, 4, 5, 6], 3, 2));
        BareModels.Run(Fold(model, directory["c.onnx"], directory["x"]));
        double[] expected = [1.41421356, 1.41421356, 2.12898518, 4.52409351, 9.28476691, 3.71390676];
        Assert.All(expected.Zip(BareModels.Read(directory["c.onnx"], Module + ".weight").ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 8));
    }

    [Fact]
    public void Fold_DoraRowOfZeros_IsNamed()
    {
        using TemporaryDirectory directory = new();
        LoraModule module = MakeModule(Module, Out, In, ElementType.Float32, true) with { B = TensorData.From<float>(new float[Out * Rank], Out, Rank) };
        using LoraAdapter adapter = Save(directory["x"], false, module);
        string model = BareModels.Write(directory["m.onnx"], Module + ".weight", TensorData.From<float>(new float[Out * In], Out, In));
        DataException e = Assert.Throws<DataException>(() => BareModels.Run(Fold(model, directory["c.onnx"], directory["x"])));
        Assert.Equal(Module + ".weight: needs a direction for each output of a weight-decomposed layer, output 0 is zero", e.Message);
    }

    [Fact]
    public void Fold_Patterns_GiveEachModuleItsScale()
    {
        using TemporaryDirectory directory = new();
        LoraModule first = MakeModule("layers.0.q_proj", 4, 5, ElementType.Float32, false);
        LoraModule second = MakeModule("layers.1.q_proj", 4, 5, ElementType.Float32, false, rank: 2);
        LoraSettings settings = new()
        {
            R = Rank,
            LoraAlpha = 6,
            TargetModules = ["q_proj"],
            RankPattern = [KeyValuePair.Create(@"layers\.1\.q_proj", 2)],
            AlphaPattern = [KeyValuePair.Create("layers.1.q_proj", 10.0)],
        };
        using LoraAdapter adapter = LoraAdapter.Create(settings, [first, second]);
        adapter.Save(directory["x"]);
        string model = BareModels.Write(directory["m.onnx"], new Dictionary<string, TensorData>
        {
            ["layers.0.q_proj.weight"] = TensorData.From<double>(new double[20], 4, 5),
            ["layers.1.q_proj.weight"] = TensorData.From<double>(new double[20], 4, 5),
        });
        BareModels.Run(Fold(model, directory["c.onnx"], directory["x"]));
        AssertClose(
            ReferenceFold.Flat(ReferenceFold.Delta(first with { Scale = 2 }), false), BareModels.Read(directory["c.onnx"], "layers.0.q_proj.weight").ToDoubles());
        AssertClose(
            ReferenceFold.Flat(ReferenceFold.Delta(second with { Scale = 5 }), false), BareModels.Read(directory["c.onnx"], "layers.1.q_proj.weight").ToDoubles());
    }

    [Fact]
    public void Fold_BiasesAndWholeModules_TakeTheirPlaces()
    {
        using TemporaryDirectory directory = new();
        LoraModule module = MakeModule(Module, 4, 5, ElementType.Float32, false) with { Bias = TensorData.From<float>([1, 2, 3, 4], 4) };
        LoraSettings settings = new()
        {
            R = Rank,
            LoraAlpha = 2 * Rank,
            TargetModules = ["q_proj"],
            LoraBias = true,
            Bias = "all",
            ModulesToSave = ["head"],
        };
        float[] head = [1, 2, 3, 4, 5, 6];
        using (LoraAdapter adapter = LoraAdapter.Create(settings, [module], new Dictionary<string, TensorData>
        {
            ["head.weight"] = TensorData.From<float>(head, 2, 3),
            ["norm.bias"] = TensorData.FromSingles([.25f, .5f], ElementType.BFloat16, 2),
        }))
        {
            adapter.Save(directory["x"]);
        }

        string model = BareModels.Write(
            directory["m.onnx"],
            new Dictionary<string, TensorData>
            {
                [Module + ".weight"] = TensorData.From<float>(new float[20], 4, 5),
                [Module + ".bias"] = TensorData.From<float>([10, 20, 30, 40], 4),
                ["norm.bias"] = TensorData.From<float>([7, float.NaN], 2),
                ["head.weight"] = TensorData.From<float>(new float[6], 3, 2),
            },
            ExternalDataMode.Auto,
            BareModels.Node("MatMul", ["x", "head.weight"], "y"));
        BareModels.Run(Fold(model, directory["c.onnx"], directory["x"]));
        Assert.Equal([12f, 24, 36, 48], BareModels.Read(directory["c.onnx"], Module + ".bias").ToSingles());
        Assert.Equal([1f, 4, 2, 5, 3, 6], BareModels.Read(directory["c.onnx"], "head.weight").ToSingles());
        Assert.Equal([.25f, .5f], BareModels.Read(directory["c.onnx"], "norm.bias").ToSingles());
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, "3,6,5,10")]
    public void Fold_SquareWeightOfUnknownUse_LiesAsTheConfigSays(bool fanInFanOut, string? expected)
    {
        using TemporaryDirectory directory = new();
        LoraSettings settings = new() { R = 1, LoraAlpha = 1, TargetModules = ["c_attn"], FanInFanOut = fanInFanOut };
        AdapterPackages.Save(directory["x"], settings, [new LoraModule(Module, TensorData.From<float>([3, 5], 1, 2), TensorData.From<float>([1, 2], 2, 1), 0, 0)]);
        string model = BareModels.Write(directory["m.onnx"], Module + ".weight", TensorData.From<float>(new float[4], 2, 2));
        MergeOptions options = Fold(model, directory["c.onnx"], directory["x"]);
        if (expected is null)
        {
            Assert.Contains("is square and no MatMul", Assert.Throws<ShapeMismatchException>(() => BareModels.Run(options)).Message, StringComparison.Ordinal);
            return;
        }

        BareModels.Run(options);
        Assert.Equal(expected.Split(',').Select(float.Parse), BareModels.Read(directory["c.onnx"], Module + ".weight").ToSingles());
    }

    [Fact]
    public void Fold_TwoAdaptersWithWeights_IsTheWeightedSumOfTheirChangesInAnyOrder()
    {
        using TemporaryDirectory directory = new();
        double[] w = Doubles(Out * In, 1);
        using LoraAdapter plain = Save(directory["1"], false, MakeModule(Module, Out, In, ElementType.Float32, false));
        using LoraAdapter dora = Save(directory["2"], false, MakeModule(Module, Out, In, ElementType.Float32, true, seed: 50));
        string model = BareModels.Write(directory["m.onnx"], Module + ".weight", TensorData.From<double>(w, Out, In));
        MergeOptions options = Fold(model, directory["c.onnx"], directory["1"]) with
        {
            Inputs = [new MergeInput(model) { Adapters = [directory["1"], directory["2"]], AdapterWeights = [.5, -2] }],
        };
        BareModels.Run(options);
        BareModels.Run(options with
        {
            Output = directory["d.onnx"],
            Inputs = [new MergeInput(model) { Adapters = [directory["2"], directory["1"]], AdapterWeights = [-2, .5] }],
        });
        double[,] square = ReferenceFold.Square(w, Out, In, false);
        double[] first = ReferenceFold.Flat(ReferenceFold.Fold(square, plain.Modules[0]), false);
        double[] second = ReferenceFold.Flat(ReferenceFold.Fold(square, dora.Modules[0]), false);
        double[] expected = [.. w.Select((value, i) => value + (.5 * (first[i] - value)) - (2 * (second[i] - value)))];
        AssertClose(expected, BareModels.Read(directory["c.onnx"], Module + ".weight").ToDoubles());
        AssertClose(expected, BareModels.Read(directory["d.onnx"], Module + ".weight").ToDoubles());
        Assert.Contains("weight: -2", File.ReadAllText(directory["c.onnx.merge-recipe.yaml"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Fold_PartsThatDoNotFit_AreListedTogether()
    {
        using TemporaryDirectory directory = new();
        LoraModule module = MakeModule(Module, 4, 5, ElementType.Float32, false) with { Bias = TensorData.From<float>(new float[4], 4) };
        LoraSettings settings = new() { R = Rank, LoraAlpha = 1, TargetModules = ["q_proj"], LoraBias = true };
        using (LoraAdapter adapter = LoraAdapter.Create(settings, [module], new Dictionary<string, TensorData>
        {
            ["head.weight"] = TensorData.From<float>(new float[6], 2, 3),
            ["norm.bias"] = TensorData.From<float>(new float[2], 2),
        }))
        {
            adapter.Save(directory["x"]);
        }

        string model = BareModels.Write(directory["m.onnx"], new Dictionary<string, TensorData>
        {
            [Module + ".weight"] = TensorData.From<float>(new float[20], 4, 5),
            ["norm.bias"] = TensorData.From<float>(new float[3], 3),
        });
        ShapeMismatchException e = Assert.Throws<ShapeMismatchException>(() => BareModels.Run(Fold(model, directory["c.onnx"], directory["x"])));
        Assert.Equal(
            [
                $"'{Module}.bias' changes a bias, the model has none of that name",
                "'head.weight' f32[2, 3] takes the place of an initializer, the model has none of that name",
                "'norm.bias' is f32[2], 'norm.bias' is f32[3]",
            ],
            e.Differences);
        Assert.StartsWith(directory["x"], e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fold_TwoAdaptersThatReplaceOneTensor_AreRefused()
    {
        using TemporaryDirectory directory = new();
        LoraSettings settings = new() { R = Rank, LoraAlpha = 1, TargetModules = ["q_proj"] };
        using (LoraAdapter adapter = LoraAdapter.Create(
            settings,
            [MakeModule(Module, 4, 5, ElementType.Float32, false)],
            new Dictionary<string, TensorData> { ["norm.bias"] = TensorData.From<float>(new float[2], 2) }))
        {
            adapter.Save(directory["x"]);
            adapter.Save(directory["y"]);
        }

        string model = BareModels.Write(directory["m.onnx"], new Dictionary<string, TensorData>
        {
            [Module + ".weight"] = TensorData.From<float>(new float[20], 4, 5),
            ["norm.bias"] = TensorData.From<float>(new float[2], 2),
        });
        MergeOptions options = Fold(model, directory["c.onnx"], directory["x"]);
        DataException e = Assert.Throws<DataException>(() => BareModels.Run(
            options with { Inputs = [new MergeInput(model) { Adapters = [directory["x"], directory["y"]] }] }));
        Assert.Contains("y: replaces norm.bias whole, which another adapter of the same model does, too", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    public void Bind_SquareWeightOfACheckpoint_LiesAsPyTorchHasIt(bool fanInFanOut, bool embedding, bool transposed)
    {
        TensorProto head = new() { Name = Module + ".weight", DataType = (int)ElementType.Float32 };
        head.Dims.AddRange([5, 5]);
        GraphProto graph = new() { Name = "tensors" };
        graph.Initializer.Add(head);
        using OnnxModel checkpoint = new(
            new ModelProto { IrVersion = 8, Graph = graph }, new Dictionary<string, TensorData> { [head.Name] = TensorData.From<float>(new float[25], 5, 5) });
        LoraSettings settings = new() { R = Rank, LoraAlpha = 1, TargetModules = ["q_proj"], FanInFanOut = fanInFanOut };
        using LoraAdapter adapter = LoraAdapter.Create(settings, [MakeModule(Module, 5, 5, ElementType.Float32, false) with { IsEmbedding = embedding }]);
        Assert.Equal(transposed, Assert.Single(new AdapterBinder(checkpoint).Bind(adapter, "x").Modules).Transposed);
    }

    [Fact]
    public void Fold_OneOfTwoTiedTables_IsWarnedOf()
    {
        using TemporaryDirectory directory = new();
        AdapterPackages.Save(
            directory["x"],
            new LoraSettings { R = Rank, LoraAlpha = 1, TargetModules = ["embed"] },
            [MakeModule("model.embed", 2, 3, ElementType.Float32, false) with { IsEmbedding = true }]);
        string model = BareModels.Write(
            directory["m.onnx"],
            new Dictionary<string, TensorData>
            {
                ["model.embed.weight"] = TensorData.From<float>([1, 2, 3, 4, 5, 6], 3, 2),
                ["head"] = TensorData.From<float>([1, 3, 5, 2, 4, 6], 2, 3),
            },
            ExternalDataMode.Auto,
            BareModels.Node("Gather", ["model.embed.weight", "ids"], "rows"),
            BareModels.Node("MatMul", ["rows", "head"], "logits"));
        MergeReport report = BareModels.Run(Fold(model, directory["c.onnx"], directory["x"]));
        Assert.Contains(
            "m.onnx: an adapter changes one of 'model.embed.weight' and 'head', which are one table in the base; the other stays as it is", report.Warnings);
        Assert.Equal([1f, 3, 5, 2, 4, 6], BareModels.Read(directory["c.onnx"], "head").ToSingles());
    }

    [Fact]
    public void Fold_ModulesOfOneTensor_AreRefused()
    {
        using TemporaryDirectory directory = new();
        AdapterPackages.Save(
            directory["x"],
            new LoraSettings { R = Rank, LoraAlpha = 1, TargetModules = ["q_proj"] },
            [MakeModule("layers.0.q_proj", 4, 5, ElementType.Float32, false), MakeModule("model.layers.0.q_proj", 4, 5, ElementType.Float32, false)]);
        string model = BareModels.Write(directory["m.onnx"], "layers.0.q_proj.weight", TensorData.From<float>(new float[20], 4, 5));
        ShapeMismatchException e = Assert.Throws<ShapeMismatchException>(() => BareModels.Run(Fold(model, directory["c.onnx"], directory["x"])));
        Assert.Equal(["module 'layers.0.q_proj' and module 'model.layers.0.q_proj' all change 'layers.0.q_proj.weight'"], e.Differences);
    }

    private static MergeOptions Fold(string model, string output, string adapter) => new()
    {
        Method = MergeMethods.Lora,
        Inputs = [new MergeInput(model) { Adapters = [adapter] }],
        Output = output,
        DegreeOfParallelism = 2,
    };

    private static LoraModule MakeModule(string name, int outputs, int inputs, ElementType type, bool dora, int rank = Rank, uint seed = 10) => new(
        name,
        TensorData.FromSingles(BareModels.Values(rank * inputs, seed), type, rank, inputs),
        TensorData.FromSingles(BareModels.Values(outputs * rank, seed + 1), type, outputs, rank),
        0,
        0)
    {
        Magnitude = dora ? TensorData.FromSingles([.. BareModels.Values(outputs, seed + 2).Select(value => value + 2)], type, outputs) : null,
    };

    private static LoraAdapter Save(string path, bool rankStabilised, LoraModule module)
    {
        LoraSettings settings = new()
        {
            R = Rank,
            LoraAlpha = 4,
            TargetModules = ["q_proj"],
            UseRslora = rankStabilised,
            UseDora = module.Magnitude is not null,
        };
        LoraAdapter adapter = LoraAdapter.Create(settings, [module]);
        adapter.Save(path);
        return adapter;
    }

    private static IEnumerable<string> Keys(string adapter)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(adapter, LoraAdapter.TensorsFileName));
        return [.. file.Tensors.Keys];
    }

    private static double[] Doubles(int length, uint seed) => Array.ConvertAll(BareModels.Values(length, seed), value => (double)value);

    private static void AssertClose(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }
}
