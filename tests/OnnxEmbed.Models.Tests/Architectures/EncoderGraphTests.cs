using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Comparing;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.Models.Tests.Architectures;

public sealed class EncoderGraphTests
{
    private static readonly int[] Text = [2, 5, 9, 13, 6, 5, 3];

    [Theory]
    [InlineData("bert")]
    [InlineData("llama")]
    [InlineData("llama-mha")]
    [InlineData("llama-mqa")]
    public void Model_OneText_EqualsReferenceForward(string architecture)
    {
        ModelConfig config = TinyModels.Of(architecture);
        TensorSource weights = TinyModels.Weights(config);
        Matrix expected = new ReferenceModel(config, ReferenceModel.Weights(config, weights)).Run(Text);

        float[] actual = Run(config, PoolingMode.Mean, normalize: false, [Text], Text.Length).Hidden;

        TensorAssert.Close(
            [.. Enumerable.Range(0, Text.Length).SelectMany(expected.Row)], Array.ConvertAll(actual, value => (double)value), new Tolerance(2e-6, 1e-5));
    }

    [Theory]
    [InlineData("bert", PoolingMode.Mean)]
    [InlineData("bert", PoolingMode.Cls)]
    [InlineData("bert", PoolingMode.Last)]
    [InlineData("llama", PoolingMode.Mean)]
    [InlineData("llama", PoolingMode.Last)]
    public void Model_PaddedBatch_GivesTheVectorOfTheTextAlone(string architecture, PoolingMode pooling)
    {
        ModelConfig config = TinyModels.Of(architecture);
        int[] other = [2, 7, 7, 3];

        float[] alone = Run(config, pooling, true, [other], other.Length).Vectors;
        float[] batch = Run(config, pooling, true, [Text, other], 11).Vectors;

        TensorAssert.Close(alone, batch.AsSpan(config.HiddenSize), new Tolerance(1e-6, 1e-5));
    }

    [Fact]
    public void Model_LlamaLeftPadded_GivesTheVectorOfTheTextAlone()
    {
        // Rotary positions are relative and the mask hides the padding, so the side of it does not matter.
        ModelConfig config = TinyModels.Llama;
        float[] alone = Run(config, PoolingMode.Last, true, [Text], Text.Length).Vectors;

        float[] padded = Run(config, PoolingMode.Last, true, [Text], Text.Length + 3, left: true).Vectors;

        TensorAssert.Close(alone, padded, new Tolerance(1e-5, 1e-4));
    }

    [Fact]
    public void Model_LlamaLaterTokensChanged_LeavesEarlierStates()
    {
        ModelConfig config = TinyModels.Llama;
        int[] changed = [.. Text];
        changed[4] = 11;

        float[] before = Run(config, PoolingMode.Last, true, [Text], Text.Length).Hidden;
        float[] after = Run(config, PoolingMode.Last, true, [changed], Text.Length).Hidden;

        int earlier = 4 * config.HiddenSize;
        Assert.Equal(before[..earlier], after[..earlier]);
        Assert.NotEqual(before[earlier..], after[earlier..]);
    }

    [Fact]
    public void Model_BertLaterTokensChanged_ChangesEarlierStates()
    {
        int[] changed = [.. Text];
        changed[4] = 11;

        float[] before = Run(TinyModels.Bert, PoolingMode.Cls, false, [Text], Text.Length).Vectors;
        float[] after = Run(TinyModels.Bert, PoolingMode.Cls, false, [changed], Text.Length).Vectors;

        Assert.NotEqual(before, after);
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("llama")]
    public void Model_EachPooling_IsItsDefinitionOverTheHiddenStates(string architecture)
    {
        ModelConfig config = TinyModels.Of(architecture);
        int h = config.HiddenSize;
        int length = Text.Length;
        float[] hidden = Run(config, PoolingMode.Mean, false, [Text], length + 2).Hidden;
        double[] mean = [.. Enumerable.Range(0, h).Select(c => Enumerable.Range(0, length).Average(t => (double)hidden[(t * h) + c]))];
        double norm = Math.Sqrt(mean.Sum(value => value * value));

        float[] Pool(PoolingMode mode, bool normalize) => Run(config, mode, normalize, [Text], length + 2).Vectors;

        TensorAssert.Close([.. mean.Select(value => (float)value)], Pool(PoolingMode.Mean, false), new Tolerance(1e-6, 1e-5));
        TensorAssert.Close([.. mean.Select(value => (float)(value / norm))], Pool(PoolingMode.Mean, true), new Tolerance(1e-6, 1e-5));
        TensorAssert.Close(hidden.AsSpan(0, h), Pool(PoolingMode.Cls, false), new Tolerance(1e-6, 1e-5));
        TensorAssert.Close(hidden.AsSpan((length - 1) * h, h), Pool(PoolingMode.Last, false), new Tolerance(1e-6, 1e-5));
    }

    [Fact]
    public void Model_AllPadding_GivesFiniteVectors()
    {
        foreach (PoolingMode mode in Enum.GetValues<PoolingMode>())
        {
            foreach (ModelConfig config in (ModelConfig[])[TinyModels.Bert, TinyModels.Llama])
            {
                Assert.All(Run(config, mode, true, [[]], 3).Vectors, value => Assert.True(float.IsFinite(value)));
            }
        }
    }

    [Fact]
    public void Parameters_OfEachArchitecture_AreTheHuggingFaceNames()
    {
        string[] bert = [.. EncoderGraph.Parameters(TinyModels.Bert with { NumHiddenLayers = 1 }).Select(parameter => parameter.Name)];
        string[] llama = [.. EncoderGraph.Parameters(TinyModels.Llama with { NumHiddenLayers = 1 }).Select(parameter => parameter.Name)];

        Assert.Equal(5 + 16, bert.Length);
        Assert.Contains("encoder.layer.0.attention.output.LayerNorm.bias", bert);
        Assert.Equal(
            [
                "embed_tokens.weight", "layers.0.input_layernorm.weight", "layers.0.self_attn.q_proj.weight", "layers.0.self_attn.k_proj.weight",
                "layers.0.self_attn.v_proj.weight", "layers.0.self_attn.o_proj.weight", "layers.0.post_attention_layernorm.weight",
                "layers.0.mlp.gate_proj.weight", "layers.0.mlp.up_proj.weight", "layers.0.mlp.down_proj.weight", "norm.weight",
            ],
            llama);
    }

    [Fact]
    public void Build_ConfigWithSeveralFaults_ReportsThemTogether()
    {
        DataException e = Assert.Throws<DataException>(() => EncoderGraph.Model(
            TinyModels.Llama with { NumKeyValueHeads = 3, HeadDim = 5, HasRopeScaling = true }, PoolingMode.Mean, true, (_, _) => null!));

        Assert.Contains("num_key_value_heads needs a divisor of num_attention_heads (4), got 3", e.Message, StringComparison.Ordinal);
        Assert.Contains("head_dim needs an even number, got 5", e.Message, StringComparison.Ordinal);
        Assert.Contains("rope_scaling needs null", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Initializers_WrongShape_NamesParameterAndShapes()
    {
        ShapeMismatchException e = Assert.Throws<ShapeMismatchException>(() =>
            EncoderGraph.Model(TinyModels.Bert, PoolingMode.Mean, true, (_, _) => TensorData.From<float>([1, 2], 2)));

        Assert.Contains("embeddings.word_embeddings.weight: needs shape [14, 8], got f32[2]", e.Message, StringComparison.Ordinal);
    }

    private static (float[] Hidden, float[] Vectors) Run(
        ModelConfig config, PoolingMode pooling, bool normalize, int[][] texts, int length, bool left = false)
    {
        byte[] model = EncoderGraph.Model(config, pooling, normalize, TinyModels.Weights(config)).ToBytes();
        using OrtGraphRunner runner = new(model);
        long[] ids = new long[texts.Length * length];
        long[] mask = new long[ids.Length];
        for (int b = 0; b < texts.Length; b++)
        {
            int start = (b * length) + (left ? length - texts[b].Length : 0);
            for (int t = 0; t < texts[b].Length; t++)
            {
                (ids[start + t], mask[start + t]) = (texts[b][t], 1);
            }
        }

        Dictionary<string, TensorData> inputs = new()
        {
            [EncoderInputs.InputIdsName] = TensorData.From<long>(ids, texts.Length, length),
            [EncoderInputs.AttentionMaskName] = TensorData.From<long>(mask, texts.Length, length),
            [EncoderInputs.TokenTypeIdsName] = TensorData.From<long>(new long[ids.Length], texts.Length, length),
        };
        IReadOnlyDictionary<string, TensorData> outputs = runner.Run(inputs);
        return (outputs[EncoderGraph.HiddenStateName].ToArray<float>(), outputs[EncoderGraph.SentenceEmbeddingName].ToArray<float>());
    }
}
