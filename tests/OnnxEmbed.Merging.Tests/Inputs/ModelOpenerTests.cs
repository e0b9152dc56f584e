using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;
using OnnxEmbed.TestKit.Models;

namespace OnnxEmbed.Merging.Tests.Inputs;

public class ModelOpenerTests
{
    private static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    [Theory]
    [InlineData("", false)]
    [InlineData("bert.", false)]
    [InlineData("model.", true)]
    public void Merge_SafetensorsBesideAGraph_GivesWhatTwoGraphsGive(string prefix, bool sharded)
    {
        using TemporaryDirectory directory = new();
        using OnnxModel first = TinyExports.Model(TinyModels.Bert, 2);
        using OnnxModel second = TinyExports.Model(TinyModels.Bert, 3);
        using OnnxModel twin = ExportTwin.Of(first, 4, renameVectors: false);
        string a = TinyExports.Write(first, directory["a.onnx"]);
        string b = TinyExports.Write(second, directory["b.onnx"]);
        Dictionary<string, TensorData> weights = second.Tensors
            .Where(entry => entry.Key.EndsWith(".weight", StringComparison.Ordinal) || entry.Key.EndsWith(".bias", StringComparison.Ordinal))
            .ToDictionary(entry => prefix + Old(entry.Key), entry => entry.Value);
        weights[prefix + "pooler.dense.weight"] = TensorData.From<float>(new float[64], 8, 8);
        Write(directory["c"], weights, sharded);
        MergeReport aligned = TinyExports.Slerp(a, b, directory["aligned.onnx"]);
        MergeReport report = TinyExports.Slerp(a, directory["c"], directory["merged.onnx"]);
        TinyExports.AssertSame(directory["aligned.onnx"], directory["merged.onnx"], TinyModels.Bert);
        Assert.Equal(aligned.BlendedElements, report.BlendedElements);
        Assert.Equal($"c has more tensors than a.onnx, which are left out: '{prefix}pooler.dense.weight'", Assert.Single(report.Warnings));

        string Old(string name) => prefix == "bert." ? name.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal) : name;
    }

    [Fact]
    public void Merge_SafetensorsBesideAnExportWithNumberedWeights_FindsTheLayersByTheNodes()
    {
        using TemporaryDirectory directory = new();
        TensorData ours = TensorData.From<float>(BareModels.Values(9, 1), 3, 3);
        TensorData theirs = TensorData.From<float>(BareModels.Values(9, 2), 3, 3);
        string a = BareModels.Write(
            directory["a.onnx"], new Dictionary<string, TensorData> { ["onnx::MatMul_7"] = ours }, ExternalDataMode.Auto,
            BareModels.Node("MatMul", ["x", "onnx::MatMul_7"], "y", "/auto_model/encoder/layer.0/attention/self/query/MatMul"));
        Write(directory["b"], new() { ["encoder.layer.0.attention.self.query.weight"] = ExportTwin.Transposed(theirs), ["encoder.layer.0.attention.self.key.weight"] = ours }, sharded: false);
        MergeReport report = BareModels.Run(BareModels.Soup(directory["c.onnx"], a, directory["b"]));
        Assert.Equal(ours.ToSingles().Zip(theirs.ToSingles(), (x, y) => (float)((x + (double)y) / 2)), BareModels.Read(directory["c.onnx"], "onnx::MatMul_7").ToSingles());
        Assert.Contains("'encoder.layer.0.attention.self.key.weight'", Assert.Single(report.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_SafetensorsThatDoNotFit_ListsAllFaults()
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], new Dictionary<string, TensorData>
        {
            ["layer.0.weight"] = TensorData.From<float>(new float[6], 2, 3),
            ["layer.1.weight"] = TensorData.From<float>(new float[6], 2, 3),
        });
        Write(directory["b"], new() { ["model.layer.0.weight"] = TensorData.From<float>(new float[8], 2, 4) }, sharded: false);
        ShapeMismatchException error = Assert.Throws<ShapeMismatchException>(() => BareModels.Run(BareModels.Soup(directory["c.onnx"], a, directory["b"])));
        Assert.Equal(["'layer.0.weight' is f32[2, 3], 'model.layer.0.weight' in b f32[2, 4]", "b has no 'layer.1.weight' f32[2, 3]"], error.Differences);
        Assert.Contains("needs a graph", Assert.Throws<DataException>(() => BareModels.Run(BareModels.Soup(directory["c.onnx"], directory["b"], a))).Message, StringComparison.Ordinal);
        File.Delete(directory["b", "model.safetensors"]);
        File.WriteAllText(directory["b", "model.safetensors.index.json"], """{"weight_map": {"x": "../a.onnx", "y": "gone.safetensors"}}""");
        Assert.EndsWith(
            "needs files of its own directory, there are none named ../a.onnx, gone.safetensors",
            Assert.Throws<DataException>(() => BareModels.Run(BareModels.Soup(directory["c.onnx"], a, directory["b"]))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_InlineExternalAndMixed_GiveTheSame()
    {
        using TemporaryDirectory directory = new();
        // Only tensors above 1 KiB go into the data file; the rest stays in the model.
        Directory.CreateDirectory(directory["m"]);
        Directory.CreateDirectory(directory["n"]);
        string mixed = BareModels.Write(directory["m", "m.onnx"], Wide(3), ExternalDataMode.Always);
        string plain = BareModels.Write(directory["p.onnx"], Wide(3), ExternalDataMode.Never);
        string b = BareModels.Write(directory["w.onnx"], Wide(4), ExternalDataMode.Never);
        Assert.True(File.Exists(directory["m", "m.onnx_data"]));
        BareModels.Run(BareModels.Slerp(b, mixed, directory["x.onnx"]));
        BareModels.Run(BareModels.Slerp(b, plain, directory["y.onnx"]));
        Assert.Equal(File.ReadAllBytes(directory["x.onnx"]), File.ReadAllBytes(directory["y.onnx"]));
        BareModels.Run(BareModels.Slerp(mixed, b, directory["n", "m.onnx"]));
        Assert.Equal(new FileInfo(mixed + "_data").Length, new FileInfo(directory["n", "m.onnx_data"]).Length);

        static Dictionary<string, TensorData> Wide(uint seed) => new()
        {
            ["wide.weight"] = TensorData.From<float>(BareModels.Values(4096, seed), 64, 64),
            ["narrow.bias"] = TensorData.From<float>(BareModels.Values(16, seed), 16),
        };
    }

    [Fact]
    public void Open_Run_TakesItsResultOrLastCheckpoint()
    {
        using TemporaryDirectory directory = new();
        string package = Init(directory["base"], 1);
        using OnnxModel model = OnnxModel.Load(Path.Combine(package, "onnx/model.onnx"));
        Directory.CreateDirectory(directory["run"]);
        File.WriteAllText(directory["run", "config.json"], $$"""{"schema": 1, "kind": "train", "options": {"package": "{{package}}" } }""");
        Assert.Contains("there is none of them yet", Assert.Throws<DataException>(Merge).Message, StringComparison.Ordinal);
        foreach ((int step, float value) in ((int, float)[])[(9, 1), (10, 5)])
        {
            Directory.CreateDirectory(directory["run", "checkpoints", $"step-{step}"]);
            Dictionary<string, TensorData> trained = new()
            {
                ["embeddings.LayerNorm.bias"] = TensorData.From<float>([.. Enumerable.Repeat(value, 8)], 8),
                ["cls.bias"] = TensorData.From<float>([1, 2], 2),
            };
            SafetensorsWriter.Write(directory["run", "checkpoints", $"step-{step}", "model.safetensors"], trained, Metadata);
        }

        Assert.All(Merge(), value => Assert.Equal(2.5f, value));
        Dictionary<string, (TensorData A, TensorData B)> matrices = new()
        {
            ["encoder.layer.0.attention.self.query"] = (TensorData.From<float>([1, 0, 0, 0, 0, 0, 0, 0], 1, 8), TensorData.From<float>([2, 0, 0, 0, 0, 0, 0, 0], 8, 1)),
        };
        LoraSettings settings = new() { R = 1, LoraAlpha = 1, TargetModules = ["query"], BaseModelNameOrPath = "base" };
        LoraAdapter.Create(settings, matrices).Save(directory["run", "adapter"]);
        Assert.All(Merge(), value => Assert.Equal(0, value));
        const string Query = "encoder.layer.0.attention.self.query.weight";
        float before = model.Tensors[Query].ToSingles()[0];
        using (OnnxModel merged = OnnxModel.Load(directory["out", "onnx", "model.onnx"]))
        {
            Assert.Equal(before + 1, merged.Tensors[Query].ToSingles()[0], 1e-6f);
        }

        // The adapter alone finds its base through the run, and without one by the name that it states.
        BareModels.Run(BareModels.Soup(directory["out2"], package, directory["run", "adapter"]));
        Assert.Equal(File.ReadAllBytes(directory["out", "onnx", "model.onnx"]), File.ReadAllBytes(directory["out2", "onnx", "model.onnx"]));
        LoraAdapter.Create(settings, matrices).Save(directory["lone"]);
        BareModels.Run(BareModels.Soup(directory["out3"], package, directory["lone"]));
        Assert.Equal(File.ReadAllBytes(directory["out", "onnx", "model.onnx"]), File.ReadAllBytes(directory["out3", "onnx", "model.onnx"]));

        // A full training run holds a package.
        Directory.Move(Init(directory["other"], 2), directory["run", "model"]);
        Merge();
        using OnnxModel full = OnnxModel.Load(directory["run", "model", "onnx", "model.onnx"]);
        using OnnxModel half = OnnxModel.Load(directory["out", "onnx", "model.onnx"]);
        Assert.Equal((before + full.Tensors[Query].ToSingles()[0]) / 2, half.Tensors[Query].ToSingles()[0], 1e-6f);

        float[] Merge()
        {
            BareModels.Run(BareModels.Soup(directory["out"], package, directory["run"]) with { Force = true });
            using OnnxModel merged = OnnxModel.Load(directory["out", "onnx", "model.onnx"]);
            return merged.Tensors["embeddings.LayerNorm.bias"].ToSingles();
        }
    }

    private static string Init(string directory, ulong seed)
    {
        ModelInit.Create(
            new ModelInitOptions { Architecture = "bert", HiddenSize = 8, Layers = 2, Heads = 2, MaxPositions = 16, Seed = seed }, directory);
        return directory;
    }

    private static void Write(string directory, Dictionary<string, TensorData> tensors, bool sharded)
    {
        Directory.CreateDirectory(directory);
        if (!sharded)
        {
            SafetensorsWriter.Write(Path.Combine(directory, "model.safetensors"), tensors, Metadata);
            return;
        }

        (KeyValuePair<string, TensorData> Entry, string File)[] shards =
            [.. tensors.Select((entry, i) => (entry, $"model-0000{1 + (i % 2)}-of-00002.safetensors"))];
        foreach (IGrouping<string, (KeyValuePair<string, TensorData> Entry, string File)> shard in shards.GroupBy(entry => entry.File))
        {
            SafetensorsWriter.Write(Path.Combine(directory, shard.Key), shard.ToDictionary(entry => entry.Entry.Key, entry => entry.Entry.Value), Metadata);
        }

        string map = string.Join(", ", shards.Select(entry => $"\"{entry.Entry.Key}\": \"{entry.File}\""));
        File.WriteAllText(Path.Combine(directory, "model.safetensors.index.json"), $$"""{"metadata": {}, "weight_map": { {{map}} } }""");
    }
}
