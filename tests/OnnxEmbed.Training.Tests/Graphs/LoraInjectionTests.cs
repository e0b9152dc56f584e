using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Graphs;
using OnnxEmbed.Training.Objectives;
using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Training.Tests.Graphs;

public sealed class LoraInjectionTests
{
    private static readonly LoraOptions Options = new() { Rank = 3, Alpha = 6 };

    [Theory]
    [InlineData("llama", 14)]
    [InlineData("bert", 12)]
    [InlineData("qwen3", 14)]
    [InlineData("gemma3_text", 14)]
    [InlineData("phi3", 8)]
    [InlineData("gpt2", 8)]
    [InlineData("gpt_neox", 8)]
    public void Apply_DefaultTargets_AdaptEveryLinearLayerOfEachBlock(string architecture, int modules)
    {
        TrainingGraph graph = TinyModels.Graph(Config(architecture), Losses.SupervisedContrastive, Options);
        Assert.Equal(2 * modules, graph.Trainable.Count());
        Assert.All(graph.Trainable, parameter => Assert.Contains(".lora_", parameter.Name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("bert")]
    public void Apply_FreshAdapter_LeavesTheLossBitForBit(string architecture)
    {
        TrainingBatch batch = TinyModels.Batch(LossKind.Labels);
        using Trainer plain = Open(TinyModels.Graph(Config(architecture), Losses.SupervisedContrastive));
        using Trainer adapted = Open(TinyModels.Graph(Config(architecture), Losses.SupervisedContrastive, Options));
        Assert.Equal(plain.Evaluate(batch), adapted.Evaluate(batch));
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("bert")]
    public void Differentiate_AgainstTheGradientOfTheWholeWeight_IsItsProjection(string architecture)
    {
        // dA = s·Bᵀ·dW and dB = s·dW·Aᵀ, where dW is the gradient of full training at W + s·B·A.
        ModelConfig config = Config(architecture);
        TrainingBatch batch = TinyModels.Batch(LossKind.Labels);
        TrainingGraph graph = TinyModels.Graph(config, Losses.SupervisedContrastive, Options);
        using Trainer adapted = Open(graph);
        for (int i = 0; i < 5; i++)
        {
            adapted.Step(batch, 1e-2);
        }

        IReadOnlyDictionary<string, TensorData> factors = adapted.Weights();
        double loss = adapted.Differentiate(batch);
        (ModelProto model, IReadOnlyDictionary<string, TensorData> tensors) = TinyModels.Model(config);
        Dictionary<string, TensorData> folded = new(tensors);
        string[] modules = [.. factors.Keys.Where(name => name.EndsWith(".lora_A.weight", StringComparison.Ordinal))
            .Select(name => name[..^".lora_A.weight".Length])];
        foreach (string module in modules)
        {
            folded[module + ".weight"] =
                Fold(tensors[module + ".weight"], factors[module + ".lora_A.weight"], factors[module + ".lora_B.weight"]);
        }

        using Trainer full =
            Open(TrainingGraph.Build(model, folded, "folded", new TrainingGraphOptions { Loss = Losses.SupervisedContrastive }));
        Assert.Equal(full.Differentiate(batch), loss, 1e-5);
        foreach (string module in modules)
        {
            TensorData weight = folded[module + ".weight"];
            (int outputs, int inputs) = ((int)weight.Shape[0], (int)weight.Shape[1]);
            double[] a = factors[module + ".lora_A.weight"].ToDoubles();
            double[] b = factors[module + ".lora_B.weight"].ToDoubles();
            float[] whole = full.Gradient(module + ".weight").ToArray();
            double[] expectedA = new double[a.Length];
            double[] expectedB = new double[b.Length];
            for (int o = 0; o < outputs; o++)
            {
                for (int i = 0; i < inputs; i++)
                {
                    for (int r = 0; r < Options.Rank; r++)
                    {
                        expectedA[(r * inputs) + i] += Options.Scale * b[(o * Options.Rank) + r] * whole[(o * inputs) + i];
                        expectedB[(o * Options.Rank) + r] += Options.Scale * whole[(o * inputs) + i] * a[(r * inputs) + i];
                    }
                }
            }

            AssertClose(expectedA, adapted.Gradient(module + ".lora_A.weight"), module);
            AssertClose(expectedB, adapted.Gradient(module + ".lora_B.weight"), module);
        }
    }

    [Fact]
    public void Apply_WeightsBehindMatMul_AreAdaptedAsThoseBehindGemm()
    {
        // The same layers as an exporter writes them: MatMul with a weight [in, out] of a numbered name, the bias added behind.
        (ModelProto model, IReadOnlyDictionary<string, TensorData> tensors) = TinyModels.Model(TinyModels.Bert);
        Dictionary<string, TensorData> transposed = new(tensors);
        ModelProto exported = model.Clone();
        exported.Graph.Node.Clear();
        foreach (NodeProto node in model.Graph.Node)
        {
            if (node.OpType != "Gemm")
            {
                exported.Graph.Node.Add(node.Clone());
                continue;
            }

            string module = node.Input[1][..^".weight".Length];
            string weight = $"onnx::MatMul_{transposed.Count}";
            transposed.Add(weight, Transpose(tensors[node.Input[1]]));
            TensorProto initializer = new() { Name = weight, DataType = 1 };
            initializer.Dims.AddRange(transposed[weight].Shape);
            exported.Graph.Initializer.Add(initializer);
            NodeProto product = new() { OpType = "MatMul", Name = $"/{module.Replace('.', '/')}/MatMul" };
            product.Input.AddRange([node.Input[0], weight]);
            product.Output.Add($"{node.Output[0]}/product");
            NodeProto sum = new() { OpType = "Add", Name = $"/{module}/Add" };
            sum.Input.AddRange([product.Output[0], node.Input[2]]);
            sum.Output.Add(node.Output[0]);
            exported.Graph.Node.AddRange([product, sum]);
        }

        TrainingGraphOptions options = new() { Loss = Losses.SupervisedContrastive, Lora = Options, Seed = 3 };
        TrainingBatch batch = TinyModels.Batch(LossKind.Labels);
        using Trainer expected = Open(TrainingGraph.Build(model, tensors, "ours", options));
        using Trainer actual = Open(TrainingGraph.Build(exported, transposed, "exported", options));
        for (int i = 0; i < 3; i++)
        {
            expected.Step(batch, 1e-3);
            actual.Step(batch, 1e-3);
        }

        foreach ((string name, TensorData weight) in expected.Weights())
        {
            AssertClose(weight.ToDoubles(), actual.Weight(name).ToSingles(), name);
        }
    }

    [Fact]
    public void Build_UnknownTarget_ListsTheKnownModules()
    {
        OptionException fault = Assert.Throws<OptionException>(() =>
            TinyModels.Graph(TinyModels.Llama, Losses.SupervisedContrastive, Options with { Targets = ["q_proj", "query"] }));
        Assert.Equal(
            "--lora targets: needs linear modules of tiny, got query; it has q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj",
            fault.Message);
    }

    [Theory]
    [InlineData("r=8", 8, 16, null)]
    [InlineData("r=4,alpha=32,targets=q_proj+v_proj", 4, 32, "q_proj v_proj")]
    [InlineData("", 16, 32, null)]
    public void Parse_Text_GivesTheOptions(string text, int rank, double alpha, string? targets)
    {
        LoraOptions options = LoraOptions.Parse(text);
        Assert.Equal(rank, options.Rank);
        Assert.Equal(alpha, options.Alpha);
        Assert.Equal(targets, options.Targets is null ? null : string.Join(' ', options.Targets));
    }

    [Fact]
    public void Parse_SeveralFaults_AreReportedTogether()
    {
        OptionException fault = Assert.Throws<OptionException>(() => LoraOptions.Parse("r=0,alpha=x,dropout=0.1"));
        Assert.Equal(
            "--lora r=0,alpha=x,dropout=0.1: r needs a whole number of at least 1, got 0; alpha needs a number above 0, got x; "
            + "dropout=0.1 is not known; known are r, alpha, targets",
            fault.Message);
    }

    private static ModelConfig Config(string architecture) => architecture switch
    {
        "bert" => TinyModels.Bert,
        "llama" => TinyModels.Llama,
        _ => TestKit.Models.TinyModels.Decoder(architecture),
    };

    private static Trainer Open(TrainingGraph graph) => new(graph, new AdamWOptions(), new EngineOptions { Threads = 1 });

    private static TensorData Fold(TensorData weight, TensorData a, TensorData b)
    {
        (int outputs, int inputs) = ((int)weight.Shape[0], (int)weight.Shape[1]);
        double[] values = weight.ToDoubles();
        double[] left = b.ToDoubles();
        double[] right = a.ToDoubles();
        for (int o = 0; o < outputs; o++)
        {
            for (int i = 0; i < inputs; i++)
            {
                for (int r = 0; r < Options.Rank; r++)
                {
                    values[(o * inputs) + i] += Options.Scale * left[(o * Options.Rank) + r] * right[(r * inputs) + i];
                }
            }
        }

        return TensorData.FromDoubles(values, ElementType.Float32, outputs, inputs);
    }

    private static TensorData Transpose(TensorData matrix)
    {
        (int rows, int columns) = ((int)matrix.Shape[0], (int)matrix.Shape[1]);
        float[] from = matrix.ToSingles();
        float[] to = new float[from.Length];
        for (int i = 0; i < from.Length; i++)
        {
            to[(i % columns * rows) + (i / columns)] = from[i];
        }

        return TensorData.From<float>(to, columns, rows);
    }

    /// <summary>Within 1e-5 of the greatest element, which single precision allows after two layers.</summary>
    private static void AssertClose(double[] expected, ReadOnlySpan<float> actual, string what)
    {
        double largest = expected.Max(Math.Abs);
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            worst = Math.Max(worst, Math.Abs(expected[i] - actual[i]));
        }

        Assert.True(worst <= 1e-5 * Math.Max(largest, 1e-3), $"{what}: off by {worst:g3}, greatest {largest:g3}");
    }
}
