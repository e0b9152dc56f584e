using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;
using YamlDotNet.RepresentationModel;

namespace OnnxEmbed.Merging.Tests.Packages;

public class PackageMergeTests
{
    [Fact]
    public void Run_TwoPackages_GivesAPackageWithTheFilesOfTheFirst()
    {
        using TemporaryDirectory directory = new();
        string a = Init(directory["a"], 1);
        string b = Init(directory["b"], 2);
        MergeReport report = BareModels.Run(BareModels.Slerp(a, b, directory["c"], "0.25"));
        ModelPackage package = ModelPackage.Open(directory["c"]);
        foreach (string name in (string[])["tokenizer.json", "config.json", "modules.json", "1_Pooling/config.json"])
        {
            Assert.Equal(File.ReadAllBytes(directory["a", name]), File.ReadAllBytes(directory["c", name]));
        }

        Provenance provenance = package.ReadProvenance()!;
        Assert.Equal("merge", provenance.MadeBy);
        Assert.Equal("slerp", provenance.Options["method"]);
        Assert.Equal(ModelPackage.Open(a).Hashes("model 1").Concat(ModelPackage.Open(b).Hashes("model 2")), provenance.Inputs);
        Assert.Equal(provenance.Inputs, report.Inputs);
        Assert.Equal(report.ToJson(), File.ReadAllText(directory["c", MergeReport.FileName]));
        using OnnxModel first = OnnxModel.Load(directory["a", "onnx/model.onnx"]);
        using OnnxModel second = OnnxModel.Load(directory["b", "onnx/model.onnx"]);
        using OnnxModel merged = OnnxModel.Load(directory["c", "onnx/model.onnx"]);
        foreach ((string name, TensorData tensor) in first.Tensors.Where(entry => entry.Value.ElementType == ElementType.Float32 && entry.Value.ElementCount > 1))
        {
            if (!tensor.ContentEquals(second.Tensors[name]))
            {
                double[] expected = Methods.GoldenVectorTests.ReferenceSlerp(tensor.ToDoubles(), second.Tensors[name].ToDoubles(), 0.25);
                Assert.All(expected.Zip(merged.Tensors[name].ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
            }
        }

        Assert.Contains(report.Tensors, tensor => tensor.Action == "slerp");
        Assert.Contains(report.Tensors, tensor => tensor.Action == "copied: equal in both models");
    }

    [Fact]
    public void Run_PackageFilesDiffer_AreNamedAndStrictlyRefused()
    {
        using TemporaryDirectory directory = new();
        string a = Init(directory["a"], 1);
        string b = Init(directory["b"], 2);
        File.AppendAllText(directory["b", "1_Pooling/config.json"], "\n");
        MergeOptions options = BareModels.Slerp(a, b, directory["c"]);
        MergeReport report = BareModels.Run(options);
        Assert.Contains("1_Pooling/config.json differs in b; that of a is kept", report.Warnings);
        Assert.Contains("1_Pooling/config.json differs", Assert.Throws<DataException>(() => BareModels.Run(options with { Output = directory["d"], Strict = true })).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(directory["d"]));
    }

    [Fact]
    public void Run_VocabulariesDiffer_IsRefused()
    {
        using TemporaryDirectory directory = new();
        string a = Init(directory["a"], 1);
        string b = Init(directory["b"], 2);
        string tokenizer = directory["b", "tokenizer.json"];
        string text = File.ReadAllText(tokenizer);
        File.WriteAllText(tokenizer, text + "\n");
        Assert.Contains("tokenizer.json differs in b; that of a is kept", BareModels.Run(BareModels.Slerp(a, b, directory["c"])).Warnings);
        File.WriteAllText(tokenizer, text.Replace("\"7\"", "\"seven\"", StringComparison.Ordinal));
        DataException error = Assert.Throws<DataException>(() => BareModels.Run(BareModels.Slerp(a, b, directory["d"])));
        Assert.Equal("merge: needs the same vocabulary in all models, a and b have different ones in tokenizer.json; --vocab union or base merges them token by token", error.Message);
        Assert.False(Directory.Exists(directory["d"]));
    }

    [Fact]
    public void Run_OutputPackageExists_IsRefusedUnlessForced()
    {
        using TemporaryDirectory directory = new();
        string a = Init(directory["a"], 1);
        string b = Init(directory["b"], 2);
        MergeOptions options = BareModels.Soup(directory["c"], a, b);
        BareModels.Run(options);
        byte[] model = File.ReadAllBytes(directory["c", "onnx/model.onnx"]);
        Assert.Contains("--force", Assert.Throws<OptionException>(() => BareModels.Run(options)).Message, StringComparison.Ordinal);
        BareModels.Run(options with { Force = true });
        Assert.Equal(model, File.ReadAllBytes(directory["c", "onnx/model.onnx"]));
    }

    [Fact]
    public void Run_Recipe_IsMergekitsSchemaWithEveryDefault()
    {
        using TemporaryDirectory directory = new();
        string a = Init(directory["a"], 1);
        string b = Init(directory["b"], 2);
        BareModels.Run(BareModels.Slerp(a, b, directory["c"]));
        YamlStream stream = [];
        using StreamReader reader = new(directory["c", "merge-recipe.yaml"]);
        stream.Load(reader);
        YamlMappingNode root = (YamlMappingNode)stream.Documents[0].RootNode;
        Assert.Equal("slerp", root["merge_method"].ToString());
        Assert.Equal(a, root["base_model"].ToString());
        Assert.Equal([a, b], ((YamlSequenceNode)root["models"]).Select(model => model["model"].ToString()));
        Assert.Equal("0.5", root["parameters"]["t"].ToString());
        Assert.Equal("exact", root["parameters"]["mode"].ToString());
        Assert.Equal("float32", root["dtype"].ToString());
    }

    private static string Init(string directory, ulong seed)
    {
        ModelInit.Create(
            new ModelInitOptions { Architecture = "bert", HiddenSize = 8, Layers = 2, Heads = 2, MaxPositions = 16, Seed = seed }, directory);
        return directory;
    }
}
