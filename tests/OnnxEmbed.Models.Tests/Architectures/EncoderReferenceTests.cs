using System.Text;
using System.Text.Json;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Encoders;
using OnnxEmbed.Models.Importing;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tests.Importing;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Comparing;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.Models.Tests.Architectures;

/// <summary>Imported encoders against PyTorch code of ours in double precision: files and values by <c>scripts/reference/encoders.py</c>.</summary>
public sealed class EncoderReferenceTests
{
    private static readonly Tolerance Tolerance = new(1e-5, 1e-5);

    public static TheoryData<string> Families => [.. HuggingFaceDirectory.Families];

    [Theory]
    [MemberData(nameof(Families))]
    public void Import_Encoder_GivesTheHiddenStatesOfTheReference(string family)
    {
        using HuggingFaceDirectory source = new(family);
        ImportResult imported = source.Import();
        Case given = Case.Read(family);
        using SafetensorsFile expected = HuggingFaceDirectory.Expected(family);
        using OrtGraphRunner runner = new(File.ReadAllBytes(imported.Package.ModelPath));

        foreach (string side in (string[])["full", "right", "left"])
        {
            (float[] states, _) = Run(runner, imported.Package.Config, given, side);

            TensorAssert.Close(expected.Tensors[side].ToArray<float>(), states, Tolerance);
        }
    }

    [Theory]
    [InlineData(PoolingMode.Mean)]
    [InlineData(PoolingMode.Cls)]
    [InlineData(PoolingMode.Last)]
    [InlineData(PoolingMode.Max)]
    [InlineData(PoolingMode.WeightedMean)]
    [InlineData(PoolingMode.MeanSqrtLen)]
    public void Import_Pooling_GivesTheVectorsOfTheReferenceWithPaddingOnEitherSide(PoolingMode mode)
    {
        using HuggingFaceDirectory source = new("roberta");
        ModelPackage package = source.Import(options => options with { Pooling = mode, Normalize = false }).Package;
        using SafetensorsFile expected = HuggingFaceDirectory.Expected("roberta");
        using OrtGraphRunner runner = new(File.ReadAllBytes(package.ModelPath));

        foreach (string side in (string[])["right", "left"])
        {
            (_, float[] vectors) = Run(runner, package.Config, Case.Read("roberta"), side);

            TensorAssert.Close(expected.Tensors[$"pooled.{mode.ToString().ToLowerInvariant()}"].ToArray<float>(), vectors, Tolerance);
        }
    }

    [Fact]
    public void Import_DenseAndNormalizeModules_GivesTheVectorsOfTheReference()
    {
        using HuggingFaceDirectory source = new("roberta");
        source.WriteModules("pooling_mode_mean_tokens", "Dense", "Normalize");
        source.Write("2_Dense/config.json", """{"in_features":16,"out_features":6,"bias":true,"activation_function":"torch.nn.modules.activation.Tanh"}""");

        ModelPackage package = source.Import().Package;

        using SafetensorsFile expected = HuggingFaceDirectory.Expected("roberta");
        using OrtGraphRunner runner = new(File.ReadAllBytes(package.ModelPath));
        (_, float[] vectors) = Run(runner, package.Config, Case.Read("roberta"), "right");
        TensorAssert.Close(expected.Tensors["dense"].ToArray<float>(), vectors, Tolerance);
        Assert.Equal((6, 1, true), (package.EmbeddingSize, package.Dense.Count, package.Normalize));
        using SafetensorsFile given = SafetensorsFile.Open(source["2_Dense/model.safetensors"]);
        using SafetensorsFile kept = SafetensorsFile.Open(Path.Combine(package.FullPath, "2_Dense", "model.safetensors"));
        Assert.All(given.Tensors, tensor => Assert.True(tensor.Value.ContentEquals(kept.Tensors[tensor.Key])));
    }

    [Fact]
    public void CopyTo_PackageWithDenseModule_KeepsTheModuleInStepWithTheGraph()
    {
        using HuggingFaceDirectory source = new("roberta");
        source.WriteModules("pooling_mode_mean_tokens", "Dense");
        source.Write("2_Dense/config.json", """{"in_features":16,"out_features":6,"bias":true}""");
        ModelPackage package = source.Import().Package;
        using OnnxModel model = OnnxModel.Load(package.ModelPath);
        TensorData changed = TensorData.From<float>([1, 2, 3, 4, 5, 6], 6);
        using OnnxModel other = new(model.Proto, new Dictionary<string, TensorData>(model.Tensors) { ["2_Dense.linear.bias"] = changed });

        ModelPackage copy = package.CopyTo(source.Out + "-copy", path => other.Save(path), package.ReadProvenance()!);

        using SafetensorsFile kept = SafetensorsFile.Open(Path.Combine(copy.FullPath, "2_Dense", "model.safetensors"));
        Assert.True(kept.Tensors["linear.bias"].ContentEquals(changed));
    }

    [Fact]
    public void Read_ModernBertOfTransformers5_IsThatOfTransformers4()
    {
        static ModelConfig Read(string fields) => ModelConfig.Read(JsonField.Parse(
            "c", Encoding.UTF8.GetBytes($$"""{"model_type":"modernbert","hidden_size":16,"num_hidden_layers":4,"num_attention_heads":2,{{fields}}}""")));
        const string Kinds = """
            "layer_types":["full_attention","sliding_attention","sliding_attention","full_attention"]
            """;

        ModelConfig four = Read("""
            "global_rope_theta":50000,"local_rope_theta":20000
            """);
        ModelConfig five = Read(Kinds + """
            ,"rope_parameters":{"full_attention":{"rope_type":"default","rope_theta":50000},"sliding_attention":{"rope_theta":20000}}
            """);
        ModelConfig other = Read(Kinds.Replace("full_attention\"]", "sliding_attention\"]", StringComparison.Ordinal));

        Assert.Equal(four, five);
        Assert.Empty(five.GraphFaults());
        Assert.StartsWith("config: layer_types needs", other.GraphFaults().Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void Bucket_AllDistancesOf512Tokens_AreThoseOfTheReference()
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(HuggingFaceDirectory.PathOf("relative-buckets.json")));
        int first = json.RootElement.GetProperty("first").GetInt32();
        int[] expected = [.. json.RootElement.GetProperty("buckets").EnumerateArray().Select(value => value.GetInt32())];

        Assert.Equal(expected, expected.Select((_, i) => MpnetGraph.Bucket(first + i, 32)));
    }

    // The hidden states of the real tokens one after another, and the vectors.
    private static (float[] States, float[] Vectors) Run(OrtGraphRunner runner, ModelConfig config, Case given, string side)
    {
        int rows = given.Ids.Length;
        int length = given.Ids[0].Length;
        long[] ids = new long[rows * length], mask = new long[rows * length], types = new long[rows * length];
        Array.Fill(ids, given.Pad);
        List<int> real = [];
        for (int row = 0; row < rows; row++)
        {
            int count = side == "full" ? length : given.Lengths[row];
            int start = (row * length) + (side == "left" ? length - count : 0);
            for (int k = 0; k < count; k++)
            {
                (ids[start + k], mask[start + k], types[start + k]) = (given.Ids[row][k], 1, given.Types[row][k]);
                real.Add(start + k);
            }
        }

        Dictionary<string, TensorData> inputs = new()
        {
            [EncoderInputs.InputIdsName] = TensorData.From<long>(ids, rows, length),
            [EncoderInputs.AttentionMaskName] = TensorData.From<long>(mask, rows, length),
        };
        if (config.TakesTokenTypes)
        {
            inputs[EncoderInputs.TokenTypeIdsName] = TensorData.From<long>(types, rows, length);
        }

        IReadOnlyDictionary<string, TensorData> outputs = runner.Run(inputs);
        float[] all = outputs[EncoderGraph.HiddenStateName].ToArray<float>();
        float[] states = [.. real.SelectMany(token => all[(token * config.HiddenSize)..((token + 1) * config.HiddenSize)])];
        return (states, outputs[EncoderGraph.SentenceEmbeddingName].ToArray<float>());
    }

    private sealed record Case(long[][] Ids, long[][] Types, int[] Lengths, long Pad)
    {
        private static readonly JsonSerializerOptions Names = new() { PropertyNameCaseInsensitive = true };

        public static Case Read(string family) => JsonSerializer.Deserialize<Case>(
            File.ReadAllText(Path.Combine(HuggingFaceDirectory.PathOf(family), "cases.json")), Names)!;
    }
}
