using System.Text.Json.Nodes;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Decoders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Comparing;

namespace OnnxEmbed.Models.Tests.Architectures.Decoders;

/// <summary>Graphs of decoders against the hidden states that <c>scripts/reference/decoders.py</c> computed with PyTorch in double.</summary>
public sealed class DecoderGraphTests
{
    private static readonly Tolerance Close = Tolerance.Single;

    public static TheoryData<string, string> Cases =>
        [.. ReferenceDecoder.Families.SelectMany(family => ReferenceDecoder.Cases(family).Select(name => (family, name)))];

    public static TheoryData<string> Families => [.. ReferenceDecoder.Families];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Model_TextsOfOneLength_EqualsReference(string family, string name)
    {
        ReferenceDecoder decoder = new(family, name);

        float[] actual = decoder.Run(decoder.Texts).Hidden;

        TensorAssert.Close(Doubles(decoder.Full), Doubles(actual), Close);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Model_PaddedAtEitherSide_EqualsReference(string family, string name)
    {
        ReferenceDecoder decoder = new(family, name);

        float[] right = decoder.Run(decoder.Ragged).Hidden;
        float[] left = decoder.Run(decoder.Ragged, left: true, padding: 2).Hidden;

        TensorAssert.Close(Doubles(decoder.RaggedStates), Doubles(right), Close);
        TensorAssert.Close(Doubles(decoder.RaggedStates), Doubles(left), Close);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Model_LastTokenPooling_IsTheLastStateOfEachTextWhateverThePadding(string family)
    {
        ReferenceDecoder decoder = new(family, "base");
        int width = decoder.Config.HiddenSize;
        int[] ends = [12, 19, 22];
        float[] expected = [.. ends.SelectMany(end => decoder.RaggedStates[((end - 1) * width)..(end * width)])];

        TensorAssert.Close(Doubles(expected), Doubles(decoder.Run(decoder.Ragged).Vectors), Close);
        TensorAssert.Close(Doubles(expected), Doubles(decoder.Run(decoder.Ragged, left: true).Vectors), Close);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Model_LaterTokenChanged_ChangesEarlierStatesOfBidirectionalAttentionOnly(string family, string name)
    {
        ReferenceDecoder decoder = new(family, name);
        long[] text = decoder.Texts[0];
        long[] changed = [.. text];
        changed[6] = text[6] == 5 ? 6 : 5;

        float[] before = decoder.Run([text]).Hidden;
        float[] after = decoder.Run([changed]).Hidden;

        int earlier = 6 * decoder.Config.HiddenSize;
        bool causal = decoder.Config.Attention == AttentionKind.Causal;
        Assert.Equal(causal, before.AsSpan(0, earlier).SequenceEqual(after.AsSpan(0, earlier)));
        Assert.False(before.AsSpan(earlier).SequenceEqual(after.AsSpan(earlier)));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Parameters_OfEachFamily_AreTheTensorsOfItsCheckpoint(string family)
    {
        ReferenceDecoder decoder = new(family, "base");
        DecoderConfig config = (DecoderConfig)decoder.Config;

        // The reference files hold the head where it is not tied, biases of other cases, and the buffers of old checkpoints.
        string[] stored = [.. ReferenceDecoder.Weights(family).Keys
            .Where(name => !name.EndsWith(".attn.bias", StringComparison.Ordinal) && !name.EndsWith("inv_freq", StringComparison.Ordinal))
            .Where(name => family != "qwen3" || !name.EndsWith("_proj.bias", StringComparison.Ordinal))];
        IEnumerable<string> asked = EncoderGraph.Parameters(config).Select(parameter => parameter.Name);

        Assert.Equal(stored.Order(), asked.Concat(LanguageModelHead.Parameters(config).Keys).Order());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ToJson_ReadAgain_BuildsTheSameGraph(string family, string name)
    {
        ReferenceDecoder decoder = new(family, name);
        string json = decoder.Config.ToJson();
        ModelConfig again = ReferenceDecoder.Read(family, JsonNode.Parse(json)!.AsObject());

        Assert.Equal(json, again.ToJson());
        TensorSource weights = ParameterSources.From(ReferenceDecoder.Weights(family), family);
        Assert.Equal(decoder.Model(), EncoderGraph.Model(again, PoolingMode.Last, false, weights).ToBytes());
    }

    [Theory]
    [InlineData("llama", 1)]
    [InlineData("gemma3_text", 2)]
    public void Model_OfLongTexts_StoresNoTableOfPositions(string family, int bases)
    {
        ModelConfig small = new ReferenceDecoder(family, "base").Config;
        ModelConfig large = small with { MaxPositionEmbeddings = 1 << 17 };
        TensorSource weights = ParameterSources.From(ReferenceDecoder.Weights(family), family);
        GroupedQueryConfig config = (GroupedQueryConfig)large;

        (_, IReadOnlyDictionary<string, TensorData> tensors) = EncoderGraph.Model(large, PoolingMode.Last, false, weights).ToModel();

        TensorData[] rotary = [.. tensors.Where(tensor => tensor.Key.StartsWith("rotary", StringComparison.Ordinal)).Select(tensor => tensor.Value)];
        Assert.Equal(bases, rotary.Length);
        Assert.All(rotary, tensor => Assert.Equal(config.HeadDim / 2, tensor.ElementCount));
    }

    private static double[] Doubles(float[] values) => Array.ConvertAll(values, value => (double)value);
}
