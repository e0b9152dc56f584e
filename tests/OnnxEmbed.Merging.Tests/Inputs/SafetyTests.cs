using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Inputs;

public class SafetyTests
{
    private const string Tokenizer = "tokenizer.json";
    private const string Table = "embeddings.word_embeddings.weight";

    [Fact]
    public void Run_ModelsOfDifferentOrigin_AreRefusedWithTheEvidenceUnlessForced()
    {
        using TemporaryDirectory directory = new();
        string a = Matrices(directory["a.onnx"], 1, 1, 0);
        string b = Matrices(directory["b.onnx"], 2, 1, 0);
        MergeOptions options = BareModels.Soup(directory["c.onnx"], a, b);
        string message = Assert.Throws<DataException>(() => BareModels.Run(options)).Message;
        Assert.Matches(@"^merge: b\.onnx and a\.onnx do not descend from one base: the median angle of 4 large matrices is (89|90)\.\d° \(from \d+\.\d° in 'layer\.\d\.weight' to \d+\.\d° in 'layer\.\d\.weight'\); --allow-unrelated merges them all the same$", message);
        Assert.False(File.Exists(directory["c.onnx"]));
        Assert.Throws<DataException>(() => Merge.Plan(options, cancellation: TestContext.Current.CancellationToken));
        MergeReport report = BareModels.Run(options with { AllowUnrelated = true });
        Assert.Contains("do not descend from one base", Assert.Single(report.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.3, null)] // 17°
    [InlineData(1.5, null)] // 56°
    [InlineData(2.5, "is far from")] // 68°
    [InlineData(10, "do not descend")] // 84°
    public void Run_ModelsThatWereTrained_AreToldFromStrangersByTheirAngle(double change, string? expected)
    {
        using TemporaryDirectory directory = new();
        string a = Matrices(directory["a.onnx"], 1, 1, 0);
        string b = Matrices(directory["b.onnx"], 1, 1, change);
        MergeReport report = BareModels.Run(BareModels.Soup(directory["c.onnx"], a, b) with { AllowUnrelated = true });
        Assert.Equal(expected is null ? 0 : 1, report.Warnings.Count);
        Assert.All(report.Warnings, warning => Assert.Contains(expected!, warning, StringComparison.Ordinal));
    }

    [Fact]
    public void Run_SeveralFaultsOfSeveralKinds_AreReportedTogetherNonFiniteFirst()
    {
        using TemporaryDirectory directory = new();
        string a = Matrices(directory["a.onnx"], 1, 1, 0);
        string b = Matrices(directory["b.onnx"], 2, 1, 0, bad: true);
        string message = Assert.Throws<DataException>(() => BareModels.Run(BareModels.Soup(directory["c.onnx"], a, b))).Message;
        Assert.StartsWith("merge: 'layer.3.weight': needs finite weights, got 1 NaN or infinite value in b.onnx; b.onnx and a.onnx do not descend", message, StringComparison.Ordinal);
        Assert.Equal(
            $"{directory["x.onnx"]}: needs a model package, an .onnx file, a directory with safetensors, an adapter or a training run, there is nothing of that name; "
            + $"{directory["y.onnx"]}: needs a model package, an .onnx file, a directory with safetensors, an adapter or a training run, there is nothing of that name",
            Assert.Throws<DataException>(() => BareModels.Run(BareModels.Soup(directory["c.onnx"], directory["x.onnx"], a, directory["y.onnx"]))).Message);
        string p = Init(directory["p"], 1, 16);
        string q = Init(directory["q"], 2, 24);
        File.WriteAllText(directory["q", Tokenizer], File.ReadAllText(directory["q", Tokenizer]).Replace("\"7\"", "\"seven\"", StringComparison.Ordinal));
        ShapeMismatchException error = Assert.Throws<ShapeMismatchException>(() => BareModels.Run(BareModels.Soup(directory["r"], p, q)));
        Assert.Equal(2, error.Differences.Count);
        Assert.StartsWith("'embeddings.position_embeddings.weight' is f32[16, 8], in q f32[24, 8]", error.Differences[0], StringComparison.Ordinal);
        Assert.StartsWith("needs the same vocabulary in all models", error.Differences[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Run_PackagesWithOtherSettings_NamesTheValues()
    {
        using TemporaryDirectory directory = new();
        string a = Init(directory["a"], 1, 16);
        string b = Init(directory["b"], 2, 16);
        string pooling = directory["b", "1_Pooling/config.json"];
        File.WriteAllText(pooling, File.ReadAllText(pooling)
            .Replace("\"pooling_mode_cls_token\": false", "\"pooling_mode_cls_token\": true", StringComparison.Ordinal)
            .Replace("\"pooling_mode_mean_tokens\": true", "\"pooling_mode_mean_tokens\": false", StringComparison.Ordinal));
        File.WriteAllText(directory["b", "sentence_bert_config.json"], """{"max_seq_length": 12}""");
        File.WriteAllText(directory["b", "config_sentence_transformers.json"], """{"prompts": {"query": "query: "}, "default_prompt_name": "query"}""");
        MergeReport report = BareModels.Run(BareModels.Soup(directory["c"], a, b));
        Assert.Equal(
            [
                "pooling is mean in a, cls in b; that of a is kept",
                "the maximum length is 16 in a, 12 in b; that of a is kept",
                "the prompt is '' in a, 'query: ' in b; that of a is kept",
            ],
            report.Warnings.Take(3));
        ModelPackage merged = ModelPackage.Open(directory["c"]);
        Assert.Equal((PoolingMode.Mean, 16, ""), (merged.Pooling, merged.MaxLength, merged.DefaultPrompt));
        ModelPackage other = ModelPackage.Open(BareModels.Run(BareModels.Soup(directory["d"], b, a)) is not null ? directory["d"] : "");
        Assert.Equal((PoolingMode.Cls, 12, "query: "), (other.Pooling, other.MaxLength, other.DefaultPrompt));
    }

    [Fact]
    public void Run_VocabulariesDiffer_MergesSharedTokensWhereverTheyAreAndKeepsTheRest()
    {
        using TemporaryDirectory directory = new();
        string a = Init(directory["a"], 1, 16);
        string b = Init(directory["b"], 2, 16);
        string[] tokens = Swap(directory["b"]);
        MergeOptions options = BareModels.Soup(directory["c"], a, b) with { AlignVocabulary = true };
        MergeReport report = BareModels.Run(options);
        Assert.Contains(report.Warnings, warning => warning.StartsWith($"vocabularies differ: {tokens.Length - 1} tokens that all models have are merged, 1 that only a has are kept, and 1 of b left out", StringComparison.Ordinal));
        using OnnxModel first = OnnxModel.Load(directory["a", "onnx", "model.onnx"]);
        using OnnxModel second = OnnxModel.Load(directory["b", "onnx", "model.onnx"]);
        using OnnxModel merged = OnnxModel.Load(directory["c", "onnx", "model.onnx"]);
        float[][] rows = [.. new[] { first, second, merged }.Select(model => model.Tensors[Table].ToSingles())];
        for (int id = 0; id < tokens.Length; id++)
        {
            // Tokens 7 and 8 have changed places in b; 9 has another name there.
            int theirs = tokens[id] == "7" ? Array.IndexOf(tokens, "8") : tokens[id] == "8" ? Array.IndexOf(tokens, "7") : id;
            for (int i = 0; i < 8; i++)
            {
                float expected = tokens[id] == "9" ? rows[0][(id * 8) + i] : (float)((rows[0][(id * 8) + i] + (double)rows[1][(theirs * 8) + i]) / 2);
                Assert.Equal(expected, rows[2][(id * 8) + i]);
            }
        }

        Assert.Equal(File.ReadAllBytes(directory["a", Tokenizer]), File.ReadAllBytes(directory["c", Tokenizer]));
        Assert.Contains(report.Tensors, tensor => tensor.Name == $"{Table}[1 other tokens]" && tensor.Action == "kept: tokens of one model");
    }

    [Fact]
    public void Run_VocabulariesOfDifferentSize_AreMergedBySharedTokens()
    {
        using TemporaryDirectory directory = new();
        string a = Init(directory["a"], 1, 16);
        string b = Init(directory["b"], 2, 16);
        int count = Rows(a);

        // b learned two tokens more: its table is longer.
        using (OnnxModel model = OnnxModel.Load(Path.Combine(b, "onnx/model.onnx")))
        {
            Onnx.Schema.ModelProto proto = new(model.Proto);
            Dictionary<string, TensorData> tensors = model.Tensors.ToDictionary(
                entry => entry.Key, entry => TensorData.FromBytes(entry.Value.ElementType, [.. entry.Value.Shape], entry.Value.Slice(0, (int)entry.Value.ByteLength).ToArray()));
            tensors[Table] = TensorData.From<float>([.. tensors[Table].ToSingles(), .. BareModels.Values(16, 5)], count + 2, 8);
            Onnx.Schema.TensorProto head = proto.Graph.Initializer.First(tensor => tensor.Name == Table);
            head.Dims[0] = count + 2;
            new OnnxModel(proto, tensors).Save(Path.Combine(b, "onnx/model.onnx"), new OnnxWriteOptions { Force = true });
        }

        string tokenizer = File.ReadAllText(directory["b", Tokenizer]);
        int at = tokenizer.IndexOf("\"vocab\": {", StringComparison.Ordinal) + "\"vocab\": {".Length;
        File.WriteAllText(directory["b", Tokenizer], tokenizer.Insert(at, $"\"more\": {count}, \"most\": {count + 1}, "));
        ShapeMismatchException error = Assert.Throws<ShapeMismatchException>(() => BareModels.Run(BareModels.Soup(directory["c"], a, b)));
        Assert.Contains($"'{Table}' is f32[{count}, 8], in b f32[{count + 2}, 8]", error.Differences);
        foreach ((string one, string two, int kept) in ((string, string, int)[])[(a, b, 0), (b, a, 2)])
        {
            MergeReport report = BareModels.Run(BareModels.Soup(directory["c"], one, two) with { AlignVocabulary = true, Force = true });
            Assert.Contains(report.Tensors, tensor => tensor.Name == $"{Table}[{count} shared tokens]" && tensor.Action == "linear");
            Assert.Equal(kept == 2, report.Tensors.Any(tensor => tensor.Name == $"{Table}[2 other tokens]"));
            Assert.Equal(count + kept, Rows(directory["c"]));
        }
    }

    private static int Rows(string package)
    {
        using OnnxModel model = OnnxModel.Load(Path.Combine(package, "onnx/model.onnx"));
        return (int)model.Tensors[Table].Shape[0];
    }

    /// <summary>Lets the tokens 7 and 8 change ids and renames 9; returns the tokens of the unchanged tokenizer by id.</summary>
    private static string[] Swap(string package)
    {
        string path = Path.Combine(package, Tokenizer);
        IReadOnlyDictionary<string, long> before = Merging.Vocabularies.Vocabulary.Read(path);
        string text = File.ReadAllText(path);
        text = text.Replace($"\"7\": {before["7"]}", $"\"7\": {before["8"]}x", StringComparison.Ordinal)
            .Replace($"\"8\": {before["8"]}", $"\"8\": {before["7"]}", StringComparison.Ordinal)
            .Replace($"{before["8"]}x", $"{before["8"]}", StringComparison.Ordinal)
            .Replace($"\"9\": {before["9"]}", $"\"nine\": {before["9"]}", StringComparison.Ordinal);
        File.WriteAllText(path, text);
        Assert.Equal(before["7"], Merging.Vocabularies.Vocabulary.Read(path)["8"]);
        return [.. before.OrderBy(entry => entry.Value).Select(entry => entry.Key)];
    }

    private static string Matrices(string path, uint seed, double share, double change, bool bad = false)
    {
        Dictionary<string, TensorData> tensors = [];
        for (uint layer = 0; layer < 4; layer++)
        {
            float[] values = BareModels.Values(5000, (seed * 100) + layer);
            float[] moved = BareModels.Values(5000, 7000 + layer);
            float[] sum = [.. values.Zip(moved, (value, other) => (float)((share * value) + (change * other)))];
            sum[2500] = bad && layer == 3 ? float.NaN : sum[2500];
            tensors[$"layer.{layer}.weight"] = TensorData.From<float>(sum, 50, 100);
        }

        return BareModels.Write(path, tensors);
    }

    private static string Init(string directory, ulong seed, int positions)
    {
        ModelInit.Create(
            new ModelInitOptions { Architecture = "bert", HiddenSize = 8, Layers = 2, Heads = 2, MaxPositions = positions, Seed = seed }, directory);
        return directory;
    }
}
