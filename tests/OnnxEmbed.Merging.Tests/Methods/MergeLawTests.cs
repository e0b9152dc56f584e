using CsCheck;
using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Methods;

public class MergeLawTests
{
    private static readonly Gen<float[]> Vectors = Gen.Float[-100, 100].Array[1, 40];

    private static readonly Gen<(float[] A, float[] B)> Pairs =
        Gen.Int[1, 40].SelectMany(n => Gen.Select(Gen.Float[-100, 100].Array[n], Gen.Float[-100, 100].Array[n]));

    [Fact]
    public void Merge_ModelWithItself_IsTheModelBitForBit() => Vectors.Sample(
        values =>
        {
            using TemporaryDirectory directory = new();
            string path = BareModels.Write(directory["a.onnx"], values);
            BareModels.Run(BareModels.Slerp(path, path, directory["s.onnx"], "0.3"));
            BareModels.Run(BareModels.Soup(directory["l.onnx"], path, path, path));
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(directory["s.onnx"]));
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(directory["l.onnx"]));
        },
        iter: 15);

    [Fact]
    public void Slerp_Endpoints_AreTheInputsBitForBit() => Pairs.Sample(
        pair =>
        {
            using TemporaryDirectory directory = new();
            string a = BareModels.Write(directory["a.onnx"], pair.A);
            string b = BareModels.Write(directory["b.onnx"], pair.B);
            BareModels.Run(BareModels.Slerp(a, b, directory["0.onnx"], "0"));
            BareModels.Run(BareModels.Slerp(a, b, directory["1.onnx"], "1"));
            Assert.Equal(File.ReadAllBytes(a), File.ReadAllBytes(directory["0.onnx"]));
            Assert.Equal(File.ReadAllBytes(b), File.ReadAllBytes(directory["1.onnx"]));
        },
        iter: 15);

    [Fact]
    public void Slerp_InputsExchanged_IsTheSameAtOneMinusT() => Gen.Select(Pairs, Gen.Int[1, 63]).Sample(
        (pair, eighths) =>
        {
            using TemporaryDirectory directory = new();
            double t = eighths / 64.0; // dyadic, so that 1 - t is exact
            string a = BareModels.Write(directory["a.onnx"], pair.A);
            string b = BareModels.Write(directory["b.onnx"], pair.B);
            BareModels.Run(BareModels.Slerp(a, b, directory["ab.onnx"], Text.Number(t)));
            BareModels.Run(BareModels.Slerp(b, a, directory["ba.onnx"], Text.Number(1 - t)));

            // a·u + b·v and b·v + a·u are the same sum; the sums of the angle are symmetric, too.
            Assert.Equal(BareModels.Read(directory["ab.onnx"]).ToSingles(), BareModels.Read(directory["ba.onnx"]).ToSingles());
        },
        iter: 20);

    [Fact]
    public void Slerp_OfUnitVectors_StaysOnTheSphereAtTheRightAngle() => Gen.Select(Pairs, Gen.Double[0, 1]).Sample(
        (pair, t) =>
        {
            double[] u = Unit(pair.A);
            double[] v = Unit(pair.B);
            using TemporaryDirectory directory = new();
            string a = BareModels.Write(directory["a.onnx"], "w", TensorData.From<double>(u, u.Length));
            string b = BareModels.Write(directory["b.onnx"], "w", TensorData.From<double>(v, v.Length));
            TensorReport tensor = BareModels.Run(BareModels.Slerp(a, b, directory["c.onnx"], Text.Number(t))).Tensors[0];
            if (tensor.Action == "slerp")
            {
                double[] w = BareModels.Read(directory["c.onnx"]).ToDoubles();
                double angle = tensor.AnglesDegrees[0]!.Value * Math.PI / 180;
                Assert.Equal(1, tensor.OutputNorm!.Value, 8);
                Assert.Equal(Math.Cos(t * angle), u.Zip(w, (x, y) => x * y).Sum(), 8);
            }
        },
        iter: 20);

    [Fact]
    public void Soup_AnyOrder_IsTheSameWithinOneRounding() => Gen.Select(Pairs, Gen.Float[-100, 100].Array[40]).Sample(
        (pair, third) =>
        {
            using TemporaryDirectory directory = new();
            string a = BareModels.Write(directory["a.onnx"], pair.A);
            string b = BareModels.Write(directory["b.onnx"], pair.B);
            string c = BareModels.Write(directory["c.onnx"], third[..pair.A.Length]);
            BareModels.Run(BareModels.Soup(directory["abc.onnx"], a, b, c));
            BareModels.Run(BareModels.Soup(directory["cab.onnx"], c, a, b));
            float[] first = BareModels.Read(directory["abc.onnx"]).ToSingles();
            float[] second = BareModels.Read(directory["cab.onnx"]).ToSingles();
            for (int i = 0; i < first.Length; i++)
            {
                // One rounding of the result; where the terms cancel, the roundings of the sum in double are what is left.
                double terms = Math.Abs((double)pair.A[i]) + Math.Abs((double)pair.B[i]) + Math.Abs((double)third[i]);
                double allowed = MathF.BitIncrement(Math.Abs(first[i])) - Math.Abs((double)first[i]) + (terms * 1e-15);
                Assert.InRange(second[i] - (double)first[i], -allowed, allowed);
            }
        },
        iter: 15);

    [Fact]
    public void Soup_WeightsScaled_ChangesNothing()
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], 1, 2, 3);
        string b = BareModels.Write(directory["b.onnx"], 5, -2, 0.25f);
        MergeOptions options = BareModels.Soup(directory["c.onnx"], a, b);
        BareModels.Run(options with { Inputs = [options.Inputs[0] with { Weight = 1 }, options.Inputs[1] with { Weight = 3 }] });
        BareModels.Run(options with { Output = directory["d.onnx"], Inputs = [options.Inputs[0] with { Weight = 4 }, options.Inputs[1] with { Weight = 12 }] });
        Assert.Equal(File.ReadAllBytes(directory["c.onnx"]), File.ReadAllBytes(directory["d.onnx"]));
    }

    private static double[] Unit(float[] values)
    {
        double norm = Math.Sqrt(values.Sum(value => (double)value * value));
        return [.. values.Select(value => norm == 0 ? 0 : value / norm)];
    }
}
