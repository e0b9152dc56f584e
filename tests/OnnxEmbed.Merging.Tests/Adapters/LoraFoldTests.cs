using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Adapters;

public class LoraFoldTests
{
    private const string Module = "layers.0.self_attn.q_proj";

    private static readonly TensorData W = TensorData.From<float>([1, 2, 3, 4, 5, 6], 3, 2);
    private static readonly TensorData A = TensorData.From<float>([1, .5f, 0, 2], 2, 2);
    private static readonly TensorData B = TensorData.From<float>([1, 0, .5f, 1, 0, -1], 3, 2);

    [Fact]
    public void Fold_GoldenVector_IsWPlusScaleTimesBA()
    {
        using TemporaryDirectory directory = new();
        string model = BareModels.Write(directory["m.onnx"], Module + ".weight", W);
        MergeReport report = BareModels.Run(Fold(model, directory["c.onnx"], Adapter(directory["adapter"])));
        Assert.Equal([3f, 3, 4, 8.5f, 5, 2], BareModels.Read(directory["c.onnx"], Module + ".weight").ToSingles());
        Assert.Equal("adapter folded in", Assert.Single(report.Tensors).Action);
        Assert.Contains("merge_method: passthrough", File.ReadAllText(directory["c.onnx.merge-recipe.yaml"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Fold_RankStabilised_ScalesByTheRootOfTheRank()
    {
        using TemporaryDirectory directory = new();
        string model = BareModels.Write(directory["m.onnx"], Module + ".weight", TensorData.From<double>(new double[6], 3, 2));
        BareModels.Run(Fold(model, directory["c.onnx"], Adapter(directory["adapter"], rankStabilised: true)));
        double scale = 4 / Math.Sqrt(2);
        double[] product = [1, .5, .5, 2.25, 0, -2];
        Assert.All(product.Zip(BareModels.Read(directory["c.onnx"], Module + ".weight").ToDoubles()), pair => Assert.Equal(pair.First * scale, pair.Second, 12));
    }

    [Theory]
    [InlineData("MatMul", true, null)]
    [InlineData("Gemm", true, 0)]
    [InlineData("Gemm", false, 1)]
    [InlineData("Transpose", false, null)]
    public void Fold_SquareWeight_LiesAsItsNodeUsesIt(string operation, bool inByOut, int? transB)
    {
        using TemporaryDirectory directory = new();
        TensorData a = TensorData.From<float>([1, 2], 1, 2);
        TensorData b = TensorData.From<float>([3, 5], 2, 1);
        string name = Module + ".weight";
        NodeProto node = operation == "Transpose" ? BareModels.Node("Transpose", [name], "turned") : BareModels.Node(operation, ["x", name], "y");
        if (transB is { } flag)
        {
            node.Attribute.Add(new AttributeProto { Name = "transB", I = flag });
        }

        NodeProto[] nodes = operation == "Transpose" ? [node, BareModels.Node("MatMul", ["x", "turned"], "y")] : [node];
        string model = BareModels.Write(
            directory["m.onnx"], new Dictionary<string, TensorData> { [name] = TensorData.From<float>(new float[4], 2, 2) }, ExternalDataMode.Auto, nodes);
        BareModels.Run(Fold(model, directory["c.onnx"], Adapter(directory["adapter"], a: a, b: b, alpha: 1)));
        Assert.Equal(inByOut ? [3f, 5, 6, 10] : [3f, 6, 5, 10], BareModels.Read(directory["c.onnx"], name).ToSingles());
    }

    [Fact]
    public void Fold_SquareWeightOfUnknownUse_IsRefused()
    {
        using TemporaryDirectory directory = new();
        string model = BareModels.Write(directory["m.onnx"], Module + ".weight", TensorData.From<float>(new float[4], 2, 2));
        string adapter = Adapter(directory["adapter"], a: TensorData.From<float>([1, 2], 1, 2), b: TensorData.From<float>([3, 5], 2, 1));
        Assert.Contains("is square and no MatMul", Assert.Throws<ShapeMismatchException>(() => BareModels.Run(Fold(model, directory["c.onnx"], adapter))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fold_WeightStoredInByOut_IsTransposed()
    {
        using TemporaryDirectory directory = new();
        string model = BareModels.Write(directory["m.onnx"], Module + ".weight", TensorData.From<float>([1, 3, 5, 2, 4, 6], 2, 3));
        BareModels.Run(Fold(model, directory["c.onnx"], Adapter(directory["adapter"])));
        Assert.Equal([3f, 4, 5, 3, 8.5f, 2], BareModels.Read(directory["c.onnx"], Module + ".weight").ToSingles());
    }

    [Fact]
    public void Fold_ModuleNamesOfOtherWrappers_FindTheirTensor()
    {
        using TemporaryDirectory directory = new();
        string plain = BareModels.Write(directory["m.onnx"], Module + ".weight", W);
        BareModels.Run(Fold(plain, directory["1.onnx"], Adapter(directory["1"], "model." + Module)));
        string prefixed = BareModels.Write(directory["p.onnx"], "bert." + Module + ".weight", W);
        BareModels.Run(Fold(prefixed, directory["2.onnx"], Adapter(directory["2"])));
        string exported = BareModels.Write(
            directory["e.onnx"],
            new Dictionary<string, TensorData> { ["onnx::MatMul_7"] = TensorData.From<float>([1, 3, 5, 2, 4, 6], 2, 3) },
            ExternalDataMode.Auto,
            BareModels.Node("MatMul", ["x", "onnx::MatMul_7"], "y", "/layers.0/self_attn/q_proj/MatMul"));
        BareModels.Run(Fold(exported, directory["3.onnx"], Adapter(directory["3"], "model." + Module)));
        Assert.Equal([3f, 3, 4, 8.5f, 5, 2], BareModels.Read(directory["1.onnx"], Module + ".weight").ToSingles());
        Assert.Equal([3f, 3, 4, 8.5f, 5, 2], BareModels.Read(directory["2.onnx"], "bert." + Module + ".weight").ToSingles());
        Assert.Equal([3f, 4, 5, 3, 8.5f, 2], BareModels.Read(directory["3.onnx"], "onnx::MatMul_7").ToSingles());
    }

    [Fact]
    public void Fold_ModuleMissingOrOfOtherShape_ListsAll()
    {
        using TemporaryDirectory directory = new();
        string model = BareModels.Write(directory["m.onnx"], Module + ".weight", TensorData.From<float>(new float[8], 4, 2));
        LoraSettings settings = new() { R = 2, LoraAlpha = 4, TargetModules = ["q_proj", "v_proj"] };
        using (LoraAdapter adapter = LoraAdapter.Create(settings, new Dictionary<string, (TensorData, TensorData)> { [Module] = (A, B), ["layers.9.v_proj"] = (A, B) }))
        {
            adapter.Save(directory["adapter"]);
        }

        ShapeMismatchException error = Assert.Throws<ShapeMismatchException>(() => BareModels.Run(Fold(model, directory["c.onnx"], directory["adapter"])));
        Assert.Equal(
            [$"module '{Module}' changes a weight [3, 2], '{Module}.weight' is f32[4, 2]", "module 'layers.9.v_proj' needs an initializer 'layers.9.v_proj.weight', the model has none"],
            error.Differences);
    }

    [Fact]
    public void Fold_SeveralAdapters_AreSummedBeforeRounding()
    {
        // 1 + 2·2^-9 in bf16: each addend alone is rounded away.
        using TemporaryDirectory directory = new();
        string model = BareModels.Write(directory["m.onnx"], Module + ".weight", TensorData.FromSingles([1, 1, 1, 1, 1, 1], ElementType.BFloat16, 3, 2));
        TensorData a = TensorData.From<float>([1, 1], 1, 2);
        TensorData b = TensorData.From<float>([.00390625f, .00390625f, .00390625f], 3, 1);
        string first = Adapter(directory["1"], a: a, b: b, alpha: 1);
        string second = Adapter(directory["2"], a: a, b: b, alpha: 1);
        MergeOptions options = Fold(model, directory["c.onnx"], first);
        BareModels.Run(options);
        BareModels.Run(options with { Output = directory["d.onnx"], Inputs = [options.Inputs[0] with { Adapters = [first, second] }] });
        Assert.All(BareModels.Read(directory["c.onnx"], Module + ".weight").ToSingles(), value => Assert.Equal(1f, value));
        Assert.All(BareModels.Read(directory["d.onnx"], Module + ".weight").ToSingles(), value => Assert.Equal(1.0078125f, value));
    }

    [Fact]
    public void Fold_LargeWeightInBlocks_EqualsThePlainProduct()
    {
        using TemporaryDirectory directory = new();
        const int Out = 301, In = 517, Rank = 5;
        float[] w = BareModels.Values(Out * In, 1);
        float[] a = BareModels.Values(Rank * In, 2);
        float[] b = BareModels.Values(Out * Rank, 3);
        string model = BareModels.Write(directory["m.onnx"], Module + ".weight", TensorData.From<float>(w, Out, In));
        BareModels.Run(Fold(model, directory["c.onnx"], Adapter(directory["x"], a: TensorData.From<float>(a, Rank, In), b: TensorData.From<float>(b, Out, Rank), alpha: 3)));
        float[] result = BareModels.Read(directory["c.onnx"], Module + ".weight").ToSingles();
        for (int i = 0; i < result.Length; i++)
        {
            double change = 0;
            for (int k = 0; k < Rank; k++)
            {
                change += (double)b[(i / In * Rank) + k] * a[(k * In) + (i % In)];
            }

            Assert.Equal(w[i] + (change * 3 / Rank), result[i], 1e-6);
        }
    }

    [Fact]
    public void Slerp_BaseWithFoldedAdapter_EqualsFoldingFirst()
    {
        using TemporaryDirectory directory = new();
        string model = BareModels.Write(directory["m.onnx"], Module + ".weight", W);
        string adapter = Adapter(directory["run/adapter"]);
        BareModels.Run(Fold(model, directory["folded.onnx"], adapter));
        BareModels.Run(BareModels.Slerp(model, directory["folded.onnx"], directory["two.onnx"], "0.4"));
        MergeOptions options = BareModels.Slerp(model, model, directory["one.onnx"], "0.4");

        // A training run stands for its adapter.
        MergeReport report = BareModels.Run(options with { Inputs = [new MergeInput(model), new MergeInput(model) { Adapters = [directory["run"]] }] });
        Assert.Equal(File.ReadAllBytes(directory["two.onnx"]), File.ReadAllBytes(directory["one.onnx"]));
        Assert.Equal("slerp", Assert.Single(report.Tensors).Action);
    }

    [Fact]
    public void Fold_NoAdapterGivenOrThere_IsRefused()
    {
        using TemporaryDirectory directory = new();
        string model = BareModels.Write(directory["m.onnx"], Module + ".weight", W);
        MergeOptions options = Fold(model, directory["c.onnx"], directory["nothing"]);
        Assert.Contains("needs an adapter", Assert.Throws<DataException>(() => BareModels.Run(options)).Message, StringComparison.Ordinal);
        Assert.Equal("merge lora: adapters: needs at least one, got none", Assert.Throws<OptionException>(() => BareModels.Run(options with { Inputs = [new MergeInput(model)] })).Message);
    }

    [Theory]
    [InlineData("use_dora", "true", "needs lora_magnitude_vector, since the config says use_dora")]
    [InlineData("lora_bias", "true", "needs lora_B.bias, since the config says lora_bias")]
    [InlineData("bias", "\"some\"", "bias needs none, all or lora_only, got \"some\"")]
    [InlineData("use_qalora", "true", "use_qalora needs false: QALoRA are not supported, got true")]
    [InlineData("init_lora_weights", "\"pissa_niter_4\"", "that start changed the weights of the base")]
    [InlineData("new_kind_of_lora", "{\"a\":1}", "new_kind_of_lora needs to be absent: a field of that name is not known, got an object")]
    public void Fold_ConfigThatIsNotSupportedOrDoesNotFit_IsNamed(string key, string value, string message)
    {
        using TemporaryDirectory directory = new();
        string model = BareModels.Write(directory["m.onnx"], Module + ".weight", W);
        string adapter = Adapter(directory["adapter"]);
        string config = File.ReadAllText(directory["adapter", LoraSettings.FileName]);
        System.Text.Json.Nodes.JsonObject json = System.Text.Json.Nodes.JsonNode.Parse(config)!.AsObject();
        json[key] = System.Text.Json.Nodes.JsonNode.Parse(value);
        File.WriteAllText(directory["adapter", LoraSettings.FileName], json.ToJsonString());
        DataException error = Assert.ThrowsAny<DataException>(() => BareModels.Run(Fold(model, directory["c.onnx"], adapter)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains(directory["adapter"], error.Message, StringComparison.Ordinal);
    }

    private static MergeOptions Fold(string model, string output, string adapter) => new()
    {
        Method = MergeMethods.Lora,
        Inputs = [new MergeInput(model) { Adapters = [adapter] }],
        Output = output,
        DegreeOfParallelism = 2,
    };

    private static string Adapter(
        string path, string module = Module, TensorData? a = null, TensorData? b = null, double alpha = 4, bool rankStabilised = false)
    {
        a ??= A;
        b ??= B;
        LoraSettings settings = new() { R = (int)a.Shape[0], LoraAlpha = alpha, TargetModules = ["q_proj"], UseRslora = rankStabilised };
        using LoraAdapter adapter = LoraAdapter.Create(settings, new Dictionary<string, (TensorData, TensorData)> { [module] = (a, b) });
        adapter.Save(path);
        return path;
    }
}
