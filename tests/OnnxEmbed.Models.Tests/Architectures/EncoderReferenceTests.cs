using System.Text.Json;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Encoders;
using OnnxEmbed.Models.Importing;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tests.Importing;
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
