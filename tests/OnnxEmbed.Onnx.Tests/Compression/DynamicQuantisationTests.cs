using OnnxEmbed.Onnx.Compression;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Onnx.Tests.Compression;

public sealed class DynamicQuantisationTests
{
    private static readonly float[] Table = SmallGraph.Numbers(32 * 16, 1);
    private static readonly float[] Transposed = SmallGraph.Numbers(24 * 16, 2);
    private static readonly float[] Plain = SmallGraph.Numbers(16 * 24, 4);

    [Fact]
    public void Apply_Model_ComputesWhatTheCodesSay()
    {
        using TemporaryDirectory directory = new();
        (OnnxModel quantised, int changed) = Quantise(directory, Table, Transposed, Plain);
        using OnnxModel model = quantised;

        Assert.Equal(3, changed);
        Assert.Equal(["DynamicQuantizeLinear"], model.Proto.Graph.Node.Select(node => node.OpType).Where(type => type == "DynamicQuantizeLinear"));
        Assert.DoesNotContain(model.Tensors, tensor => tensor.Key is "table" or "transposed" or "plain");
        float[] actual = SmallGraph.Run(File.ReadAllBytes(directory["b.onnx"]));
        Assert.Equal(Reference(), actual.Select(value => (double)value), (x, y) => Math.Abs(x - y) < 1e-5);
        float[] exact = SmallGraph.Run(File.ReadAllBytes(directory["a.onnx"]));

        // 16 products of numbers in [-1, 1], each of whose sides is half a step of 1/127 or 2/255 off at most.
        Assert.Equal(exact, actual, (x, y) => Math.Abs(x - y) < 2 * 16 * 0.5f * ((1 / 127f) + (2 / 255f)));
    }

    [Fact]
    public void Apply_ZeroAndTinyRows_StayWhatTheyAre()
    {
        float[] table = [.. Table];
        table.AsSpan(5 * 16, 16).Clear();
        table.AsSpan(17 * 16, 16).Fill(float.Epsilon);
        using TemporaryDirectory directory = new();
        (OnnxModel quantised, _) = Quantise(directory, table, Transposed, Plain);
        quantised.Dispose();

        float[] actual = SmallGraph.Run(File.ReadAllBytes(directory["b.onnx"]));

        float[] bias = SmallGraph.Numbers(24, 3);
        Assert.Equal(bias, actual[24..48], (x, y) => Math.Abs(x - y) < 0.1f);
        Assert.All(actual, value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void Save_NotFiniteWeight_NamesIt()
    {
        float[] plain = [.. Plain];
        plain[3] = float.PositiveInfinity;
        using TemporaryDirectory directory = new();

        DataException error = Assert.Throws<DataException>(() => Quantise(directory, Table, Transposed, plain));

        Assert.Contains("needs finite values", error.Message);
        Assert.False(File.Exists(directory["b.onnx"]));
    }

    private static (OnnxModel Model, int Changed) Quantise(TemporaryDirectory directory, float[] table, float[] transposed, float[] plain)
    {
        File.WriteAllBytes(directory["a.onnx"], SmallGraph.Build(table, transposed, plain).ToBytes());
        using OnnxModel source = OnnxModel.Load(directory["a.onnx"]);
        DerivedModel derived = new(source);
        int changed = DynamicQuantisation.Apply(derived);
        derived.Save(directory["b.onnx"]);
        return (OnnxModel.Load(directory["b.onnx"]), changed);
    }

    // The same from the definitions: codes of rows and columns, and DynamicQuantizeLinear (ONNX operator 11) of the activation.
    private static IEnumerable<double> Reference()
    {
        double[] rows = [.. SmallGraph.Ids.SelectMany(id => Rounded(Table.AsSpan((int)id * 16, 16).ToArray()))];
        float low = (float)Math.Min(0, rows.Min());
        float high = (float)Math.Max(0, rows.Max());
        float scale = (high - low) / 255;
        double zero = Math.Clamp(Math.Round(0 - (low / scale)), 0, 255);
        double[] activation = [.. rows.Select(value => (Math.Clamp(Math.Round((float)value / scale) + zero, 0, 255) - zero) * scale)];
        float[] bias = SmallGraph.Numbers(24, 3);
        for (int n = 0; n < SmallGraph.Ids.Length; n++)
        {
            for (int o = 0; o < 24; o++)
            {
                double[] first = Rounded(Transposed.AsSpan(o * 16, 16).ToArray());
                double[] second = Rounded([.. Enumerable.Range(0, 16).Select(i => Plain[(i * 24) + o])]);
                yield return bias[o] + Enumerable.Range(0, 16).Sum(i => activation[(n * 16) + i] * (first[i] + second[i]));
            }
        }
    }

    private static double[] Rounded(float[] group)
    {
        float scale = group.Max(Math.Abs) / 127;
        return [.. group.Select(value => (double)(float)Math.Round(value / scale) * scale)];
    }
}
