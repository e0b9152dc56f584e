using OnnxEmbed.Onnx.Compression;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Onnx.Tests.Compression;

public sealed class HalfPrecisionWeightsTests
{
    private static readonly float[] Table = SmallGraph.Numbers(32 * 16, 1);
    private static readonly float[] Transposed = SmallGraph.Numbers(24 * 16, 2);
    private static readonly float[] Plain = SmallGraph.Numbers(16 * 24, 4);

    [Fact]
    public void Apply_Model_ComputesWithWeightsRoundedToHalf()
    {
        using TemporaryDirectory directory = new();
        File.WriteAllBytes(directory["a.onnx"], SmallGraph.Build(Table, Transposed, Plain).ToBytes());
        using OnnxModel source = OnnxModel.Load(directory["a.onnx"]);
        DerivedModel derived = new(source);

        IReadOnlyList<string> kept = HalfPrecisionWeights.Apply(derived);
        derived.Save(directory["b.onnx"]);

        Assert.Empty(kept);
        using OnnxModel half = OnnxModel.Load(directory["b.onnx"]);
        Assert.All((string[])["table", "transposed", "plain"], name => Assert.Equal(ElementType.Float16, half.Tensors[name].ElementType));
        Assert.Equal(ElementType.Float32, half.Tensors["bias"].ElementType);
        byte[] rounded = SmallGraph.Build(Round(Table), Round(Transposed), Round(Plain)).ToBytes();
        Assert.Equal(SmallGraph.Run(rounded), SmallGraph.Run(File.ReadAllBytes(directory["b.onnx"])), (x, y) => Math.Abs(x - y) < 1e-6f);
    }

    [Theory]
    [InlineData(65520f)]
    [InlineData(float.NaN)]
    public void Apply_ValueThatHalfDoesNotHold_KeepsTheTensor(float value)
    {
        float[] table = [.. Table];
        table[7] = value;
        using TemporaryDirectory directory = new();
        File.WriteAllBytes(directory["a.onnx"], SmallGraph.Build(table, Transposed, Plain).ToBytes());
        using OnnxModel source = OnnxModel.Load(directory["a.onnx"]);
        DerivedModel derived = new(source);

        Assert.Equal(["table"], HalfPrecisionWeights.Apply(derived));
        derived.Save(directory["b.onnx"]);

        using OnnxModel half = OnnxModel.Load(directory["b.onnx"]);
        Assert.True(half.Tensors["table"].ContentEquals(source.Tensors["table"]));
    }

    private static float[] Round(float[] values) => Array.ConvertAll(values, value => (float)(Half)value);
}
