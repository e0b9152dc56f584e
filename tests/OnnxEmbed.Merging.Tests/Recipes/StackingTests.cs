using OnnxEmbed.Merging.Recipes;
using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Merging.Stacking;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Recipes;

/// <summary>
/// Stacks against graphs that are built with the layers they shall have: the same embeddings. Exported graphs stand for themselves with the
/// names of nodes and weights that PyTorch's exporter gives.
/// </summary>
public class StackingTests
{
    private static readonly string[] Texts = ["1 2 3", "40, 50, 60, 70", "9"];

    [Theory]
    [InlineData("bert")]
    [InlineData("llama")]
    public void Run_StackOfTwoModels_EmbedsAsTheGraphBuiltOfTheseLayers(string architecture)
    {
        using TemporaryDirectory directory = new();
        Init(directory["a"], architecture, 1);
        Init(directory["b"], architecture, 2);
        MergeReport report = Run(directory, "stack.yaml", "c");
        ModelPackage stacked = ModelPackage.Open(directory["c"]);
        Assert.Equal(4, stacked.Config.NumHiddenLayers);
        Assert.Equal(["a[0:2] + b[1:3]"], report.Models.Select(model => model.Name));
        AssertSameEmbeddings(Reference(directory, stacked, [("a", 0), ("a", 1), ("b", 1), ("b", 2)], post: "b"), directory["c"]);
        Assert.Equal(2, stacked.ReadProvenance()!.Inputs.Count(input => input.File == "onnx/model.onnx"));
    }

    [Theory]
    [InlineData("[{model: a, layer_range: [0, 1]}]", "[{model: a, layer_range: [2, 3]}]", 0, 2)]
    [InlineData("[{model: a, layer_range: [0, 3]}]", "[{model: a, layer_range: [0, 3]}]", 0, 1, 2, 0, 1, 2)]
    [InlineData("[{model: a, layer_range: [1, 2]}]", "[{model: a, layer_range: [1, 2]}]", 1, 1)]
    public void Run_LayersLeftOutOrRepeated_EmbedsAsTheGraphBuiltOfThem(string first, string second, params int[] layers)
    {
        using TemporaryDirectory directory = new();
        Init(directory["a"], "llama", 1);
        File.WriteAllText(directory["r.yaml"], $"merge_method: passthrough\nslices:\n- sources: {first}\n- sources: {second}\n");
        Load(directory["r.yaml"], directory["c"]);
        AssertSameEmbeddings(Reference(directory, ModelPackage.Open(directory["c"]), [.. layers.Select(layer => ("a", layer))], post: "a"), directory["c"]);
    }

    [Fact]
    public void Run_SlicesOfTwoModels_MergeEachSliceWithItsParameters()
    {
        using TemporaryDirectory directory = new();
        Init(directory["a"], "bert", 1);
        Init(directory["b"], "bert", 2);
        Run(directory, "slices-of-two.yaml", "c");
        using OnnxModel a = OnnxModel.Load(directory["a", "onnx/model.onnx"]);
        using OnnxModel b = OnnxModel.Load(directory["b", "onnx/model.onnx"]);
        using OnnxModel c = OnnxModel.Load(directory["c", "onnx/model.onnx"]);
        Check(1, 1, "output.dense.weight", 0.25);
        Check(2, 1, "output.dense.weight", 0.5);
        Check(2, 1, "attention.self.query.weight", 0);
        Check(3, 2, "attention.self.query.weight", 1);
        Assert.True(c.Tensors["embeddings.word_embeddings.weight"].ElementCount > 0);

        void Check(int place, int layer, string name, double t)
        {
            double[] u = a.Tensors[$"encoder.layer.{layer}.{name}"].ToDoubles();
            double[] v = b.Tensors[$"encoder.layer.{layer}.{name}"].ToDoubles();
            double[] expected = Methods.GoldenVectorTests.ReferenceSlerp(u, v, t);
            Assert.All(expected.Zip(c.Tensors[$"encoder.layer.{place}.{name}"].ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        }
    }

    [Theory]
    [InlineData("stack.yaml")]
    [InlineData("slices-of-two.yaml")]
    public void Run_ResolvedRecipeOfSlices_GivesTheSameBytes(string recipe)
    {
        using TemporaryDirectory directory = new();
        Init(directory["a"], "bert", 1);
        Init(directory["b"], "bert", 2);
        Run(directory, recipe, "c");
        Load(directory["c", "merge-recipe.yaml"], directory["d"]);
        Assert.Equal(File.ReadAllBytes(directory["c", "onnx/model.onnx"]), File.ReadAllBytes(directory["d", "onnx/model.onnx"]));
        Assert.Equal(File.ReadAllText(directory["c", "merge-recipe.yaml"]), File.ReadAllText(directory["d", "merge-recipe.yaml"]));
    }

    [Fact]
    public void Build_ExportedGraphWithNumberedWeights_IsStackedByTheNamesOfItsNodes()
    {
        using TemporaryDirectory directory = new();
        Init(directory["a"], "bert", 1);
        Exported(directory["a", "onnx/model.onnx"], directory["export.onnx"]);
        File.WriteAllText(directory["r.yaml"], "merge_method: passthrough\nslices:\n- sources: [{model: export.onnx, layer_range: [0, 2]}]\n- sources: [{model: export.onnx, layer_range: [1, 3]}]\n");
        Load(directory["r.yaml"], directory["stack.onnx"]);
        ModelPackage package = ModelPackage.Open(directory["a"]);
        string expected = Reference(directory, package, [("a", 0), ("a", 1), ("a", 1), ("a", 2)], post: "a");
        string stacked = directory["stacked"];
        package.CopyTo(stacked, path => File.Copy(directory["stack.onnx"], path), package.ReadProvenance()!);
        AssertSameEmbeddings(expected, stacked);
    }

    [Fact]
    public void Run_LayersOutsideTheModel_AreRefused()
    {
        using TemporaryDirectory directory = new();
        Init(directory["a"], "bert", 1);
        File.WriteAllText(directory["r.yaml"], "merge_method: passthrough\nslices:\n- sources: [{model: a, layer_range: [0, 4]}]\n- sources: [{model: a, layer_range: [5, 6]}]\n");
        DataException error = Assert.Throws<DataException>(() => Load(directory["r.yaml"], directory["c"]));
        Assert.Contains("[0, 3), got [0, 4); ", error.Message, StringComparison.Ordinal);
        Assert.Contains("got [5, 6)", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(directory["c"]));
    }

    [Fact]
    public void Build_NoNamesOfLayers_IsRefused()
    {
        using TemporaryDirectory directory = new();
        using OnnxModel model = OnnxModel.Load(BareModels.Write(directory["a.onnx"], 1, 2, 3));
        Assert.StartsWith("a: needs layers that its tensors' or nodes' names show", Assert.Throws<DataException>(() => new LayerBlocks(model, "a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_LayersThatDiffer_AreRefused()
    {
        using TemporaryDirectory directory = new();
        Dictionary<string, TensorData> tensors = Enumerable.Range(0, 3).ToDictionary(layer => $"layers.{layer}.weight", _ => TensorData.From<float>([1, 2], 2));
        NodeProto[] nodes =
        [
            BareModels.Node("Add", ["x", "layers.0.weight"], "a"),
            BareModels.Node("Mul", ["a", "layers.1.weight"], "b"),
            BareModels.Node("Add", ["b", "layers.2.weight"], "c"),
        ];
        using OnnxModel model = OnnxModel.Load(BareModels.Write(directory["a.onnx"], tensors, ExternalDataMode.Auto, nodes));
        Assert.Contains("layers 0 and 1 differ", Assert.Throws<DataException>(() => new LayerBlocks(model, "a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_LayerThatReadsAFarOne_IsRefused()
    {
        using TemporaryDirectory directory = new();
        Dictionary<string, TensorData> tensors = Enumerable.Range(0, 3).ToDictionary(layer => $"layers.{layer}.weight", _ => TensorData.From<float>([1, 2], 2));
        NodeProto[] nodes =
        [
            BareModels.Node("Sum", ["x", "layers.0.weight", "x"], "a"),
            BareModels.Node("Sum", ["a", "layers.1.weight", "x"], "b"),
            BareModels.Node("Sum", ["b", "layers.2.weight", "a"], "c"),
        ];
        using OnnxModel model = OnnxModel.Load(BareModels.Write(directory["a.onnx"], tensors, ExternalDataMode.Auto, nodes));
        Assert.Contains("layer 2 reads 'a' of layer 0", Assert.Throws<DataException>(() => new LayerBlocks(model, "a")).Message, StringComparison.Ordinal);
    }

    private static void Init(string directory, string architecture, ulong seed) => ModelInit.Create(
        new ModelInitOptions { Architecture = architecture, HiddenSize = 8, Layers = 3, Heads = 2, MaxPositions = 32, Seed = seed }, directory);

    private static MergeReport Run(TemporaryDirectory directory, string recipe, string output)
    {
        File.WriteAllText(directory[recipe], RecipeFixture.Text(recipe));
        return Load(directory[recipe], directory[output]);
    }

    private static MergeReport Load(string recipe, string output) =>
        RecipeFile.Load(recipe).Run(output, options => options with { DegreeOfParallelism = 2 }, cancellation: TestContext.Current.CancellationToken);

    /// <summary>A package with a graph that is built for the layers, each weight taken from the model and layer that it shall be of.</summary>
    private static string Reference(TemporaryDirectory directory, ModelPackage like, (string Model, int Layer)[] layers, string post)
    {
        Dictionary<string, OnnxModel> models = new() { ["a"] = OnnxModel.Load(directory["a", "onnx/model.onnx"]) };
        if (Directory.Exists(directory["b"]))
        {
            models.Add("b", OnnxModel.Load(directory["b", "onnx/model.onnx"]));
        }

        ModelConfig config = like.Config with { NumHiddenLayers = layers.Length };
        TensorData Weight(string name, long[] shape)
        {
            if (LayerMap.LayerOf(name) is not { } layer)
            {
                return models[name == "norm.weight" ? post : "a"].Tensors[name];
            }

            (string model, int source) = layers[layer.Layer];
            return models[model].Tensors[$"{layer.Stack}{source}{name[(layer.Stack.Length + 1)..]}"];
        }

        using OnnxModel built = EncoderGraph.Model(config, like.Pooling, like.Normalize, Weight).Build();
        like.CopyTo(directory["reference"], path => built.Save(path), like.ReadProvenance()!);
        foreach (OnnxModel model in models.Values)
        {
            model.Dispose();
        }

        return directory["reference"];
    }

    private static void AssertSameEmbeddings(string expected, string actual)
    {
        float[] first = Embed(expected);
        float[] second = Embed(actual);
        Assert.All(first.Zip(second), pair => Assert.Equal(pair.First, pair.Second, 1e-6));

        static float[] Embed(string package)
        {
            using Embedder embedder = Embedder.Open(ModelPackage.Open(package), new EmbedderOptions(1));
            EmbeddedTexts embedded = embedder.Embed(Texts, TestContext.Current.CancellationToken);
            return [.. Enumerable.Range(0, Texts.Length).SelectMany(i => embedded[i].ToArray())];
        }
    }

    /// <summary>The model as PyTorch's exporter would leave it: matrices numbered, nodes named by module.</summary>
    private static void Exported(string path, string target)
    {
        using OnnxModel model = OnnxModel.Load(path);
        ModelProto proto = model.Proto.Clone();
        Dictionary<string, TensorData> tensors = new(model.Tensors, StringComparer.Ordinal);
        int number = 100;
        foreach (NodeProto node in proto.Graph.Node)
        {
            for (int i = 0; i < node.Input.Count; i++)
            {
                string name = node.Input[i];
                if (name.EndsWith(".weight", StringComparison.Ordinal) && name.StartsWith("encoder.layer.", StringComparison.Ordinal) && node.OpType == "Gemm")
                {
                    string numbered = $"onnx::MatMul_{number++}";
                    node.Name = $"/{name[..^7].Replace(".layer.", "/layer.", StringComparison.Ordinal)}/MatMul";
                    tensors.Add(numbered, tensors[name]);
                    tensors.Remove(name);
                    proto.Graph.Initializer.Single(tensor => tensor.Name == name).Name = numbered;
                    node.Input[i] = numbered;
                }
            }
        }

        using OnnxModel renamed = new(proto, tensors);
        renamed.Save(target);
    }
}
