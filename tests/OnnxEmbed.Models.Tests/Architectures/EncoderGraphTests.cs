using System.Text;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx.Building;
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

    public static TheoryData<string, PoolingMode, bool> Paddings => new(
        from architecture in (string[])["bert", "llama", "llama-bidirectional"]
        from mode in Enum.GetValues<PoolingMode>()
        from left in (bool[])[false, true]

        // BERT's positions count from the first column, padding or not: its states move with padding at the left.
        where architecture != "bert" || !left
        select (architecture, mode, left));

    [Theory]
    [MemberData(nameof(Paddings))]
    public void Model_PaddedBatch_GivesTheVectorOfTheTextAlone(string architecture, PoolingMode pooling, bool left)
    {
        ModelConfig config = TinyModels.Of(architecture);
        int[] other = [2, 7, 7, 3];

        float[] alone = Run(config, pooling, true, [other], other.Length).Vectors;
        float[] batch = Run(config, pooling, true, [Text, other], 11, left).Vectors;

        TensorAssert.Close(alone, batch.AsSpan(config.HiddenSize), new Tolerance(1e-5, 1e-5));
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
        double Column(int c, Func<int, double> weight) => Enumerable.Range(0, length).Sum(t => weight(t) * hidden[(t * h) + c]);
        float[] Expected(Func<int, double> column) => [.. Enumerable.Range(0, h).Select(c => (float)column(c))];
        float[] mean = Expected(c => Column(c, _ => 1.0 / length));
        double norm = Math.Sqrt(mean.Sum(value => (double)value * value));

        void Check(float[] expected, PoolingMode mode, bool normalize = false) => TensorAssert.Close(
            expected, Run(config, mode, normalize, [Text], length + 2).Vectors, new Tolerance(1e-6, 1e-5));

        Check(mean, PoolingMode.Mean);
        Check([.. mean.Select(value => (float)(value / norm))], PoolingMode.Mean, normalize: true);
        Check(hidden[..h], PoolingMode.Cls);
        Check(hidden[((length - 1) * h)..(length * h)], PoolingMode.Last);
        Check(Expected(c => Enumerable.Range(0, length).Max(t => hidden[(t * h) + c])), PoolingMode.Max);
        Check(Expected(c => Column(c, _ => 1 / Math.Sqrt(length))), PoolingMode.MeanSqrtLen);
        Check(Expected(c => Column(c, t => (t + 1) / (length * (length + 1) / 2.0))), PoolingMode.WeightedMean);
    }

    [Theory]
    [InlineData(AttentionKind.Causal)]
    [InlineData(AttentionKind.Bidirectional)]
    public void Mask_Window_HidesWhatIsFartherAway(AttentionKind kind)
    {
        GraphBuilder graph = new();
        EncoderInputs inputs = EncoderInputs.Declare(graph, TinyModels.Llama);
        Blocks blocks = new(graph, ParameterSources.Inputs(graph), inputs);
        graph.Output(blocks.Mask(kind, ElementType.Float32, window: 3), "mask");
        using OrtGraphRunner runner = new(graph.ToBytes());
        long[] ones = [1, 1, 1, 1, 1, 1];

        float[] mask = runner.Run(new Dictionary<string, TensorData>
        {
            [EncoderInputs.InputIdsName] = TensorData.From<long>(ones, 1, 6),
            [EncoderInputs.AttentionMaskName] = TensorData.From<long>(ones, 1, 6),
        })["mask"].ToArray<float>();

        for (int i = 0; i < 36; i++)
        {
            int distance = (i / 6) - (i % 6);
            bool read = kind == AttentionKind.Causal ? distance is >= 0 and < 3 : Math.Abs(distance) < 3;
            Assert.Equal(read ? 0 : -10000, mask[i]);
        }
    }

    [Fact]
    public void Positions_LeftPaddedIds_FollowTheRules()
    {
        GraphBuilder graph = new();
        EncoderInputs inputs = EncoderInputs.Declare(graph, TinyModels.Llama);
        Blocks blocks = new(graph, ParameterSources.Inputs(graph), inputs);
        graph.Output(blocks.PositionsAfter(1), "after");
        graph.Output(blocks.PositionsInText(), "text");
        using OrtGraphRunner runner = new(graph.ToBytes());

        IReadOnlyDictionary<string, TensorData> found = runner.Run(new Dictionary<string, TensorData>
        {
            [EncoderInputs.InputIdsName] = TensorData.From<long>([1, 1, 5, 6, 0, 7, 1], 1, 7),
            [EncoderInputs.AttentionMaskName] = TensorData.From<long>([0, 0, 1, 1, 1, 1, 0], 1, 7),
        });

        Assert.Equal([1L, 1, 2, 3, 4, 5, 1], found["after"].ToArray<long>());
        Assert.Equal([0L, 0, 0, 1, 2, 3, 3], found["text"].ToArray<long>());
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
            TinyModels.Llama with { NumKeyValueHeads = 3, HeadDim = 5, RopeScaling = new RopeScaling("cubic") }, PoolingMode.Mean, true, (_, _) => null!));

        Assert.Contains("num_key_value_heads needs a divisor of num_attention_heads (4), got 3", e.Message, StringComparison.Ordinal);
        Assert.Contains("head_dim needs an even number in [2, 65536], got 5", e.Message, StringComparison.Ordinal);
        Assert.Contains("rope_scaling.rope_type needs one of default, linear, dynamic, llama3, yarn, longrope", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Initializers_WrongShape_NamesParameterAndShapes()
    {
        ShapeMismatchException e = Assert.Throws<ShapeMismatchException>(() =>
            EncoderGraph.Model(TinyModels.Bert, PoolingMode.Mean, true, (_, _) => TensorData.From<float>([1, 2], 2)));

        Assert.Contains("embeddings.word_embeddings.weight: needs shape [14, 8], got f32[2]", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_EveryArchitecture_ReadsBackWhatItWrites()
    {
        // The width suits every default number of heads.
        foreach (Architecture row in KnownArchitectures.All)
        {
            ModelConfig config = ModelConfig.Read(JsonField.Parse("c", Encoding.UTF8.GetBytes($$"""{"model_type":"{{row.ModelType}}","hidden_size":6144}""")));

            ModelConfig again = ModelConfig.Read(JsonField.Parse("c", Encoding.UTF8.GetBytes(config.ToJson())));

            Assert.Equal(row.ModelType, config.ModelType);
            Assert.Empty(config.GraphFaults());
            Assert.Equal(config.ToString(), again.ToString());
        }
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
