using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Methods;

/// <summary>
/// Hand-worked 2x3 tensors, exact in every type. Expected values come from a float64 evaluation of the formulas outside this code base;
/// <see cref="ReferenceSlerp"/> is the second, independent one.
/// </summary>
public class GoldenVectorTests
{
    private static readonly double[] A = [1.5, -1.75, 2.875, .125, .4375, -1];
    private static readonly double[] B = [.75, -2.5, 3.3125, .9375, -.375, -1];
    private static readonly double[] C = [1.1875, -2.125, 3.625, .5, .25, -1.5];

    public static readonly TheoryData<string, double[]> SlerpRows = new()
    {
        { "0.25", [1.3276317049, -1.9638028027, 3.0233572194, 0.3340432084, 0.2356281487, -1.0127490793] },
        { "0.5", [1.1441370120, -2.1611476893, 3.1463767829, 0.5402869223, 0.0317815837, -1.0170106773] },
        { "0.75", [0.9510537234, -2.3403807842, 3.2430277085, 0.7420026883, -0.1723313312, -1.0127490793] },
        { "0.3", [1.2917749317, -2.0046434149, 3.0500242539, 0.3755716516, 0.1949622930, -1.0142825682] },
    };

    internal static double[] ReferenceSlerp(double[] u, double[] v, double t)
    {
        double Norm(double[] x) => Math.Sqrt(x.Sum(value => value * value));
        double cosine = u.Zip(v, (x, y) => x * y).Sum() / (Norm(u) * Norm(v));
        double angle = Math.Acos(cosine);
        return [.. u.Zip(v, (x, y) => ((Math.Sin((1 - t) * angle) * x) + (Math.Sin(t * angle) * y)) / Math.Sin(angle))];
    }

    [Theory]
    [MemberData(nameof(SlerpRows))]
    public void Slerp_GoldenVectors_InEveryType(string t, double[] expected)
    {
        foreach (ElementType type in (ElementType[])[ElementType.Float64, ElementType.Float32, ElementType.Float16, ElementType.BFloat16])
        {
            using TemporaryDirectory directory = new();
            string first = BareModels.Write(directory["a.onnx"], "w", TensorData.FromDoubles(A, type, 2, 3));
            string second = BareModels.Write(directory["b.onnx"], "w", TensorData.FromDoubles(B, type, 2, 3));
            MergeReport report = BareModels.Run(BareModels.Slerp(first, second, directory["c.onnx"], t));
            double[] reference = ReferenceSlerp(A, B, double.Parse(t, System.Globalization.CultureInfo.InvariantCulture));
            TensorData result = BareModels.Read(directory["c.onnx"]);

            // Rounded once from double: the narrow types equal the rounded reference bit for bit.
            Assert.Equal(type, result.ElementType);
            Assert.Equal(TensorData.FromDoubles(reference, type == ElementType.Float64 ? ElementType.Float32 : type, 6).ToSingles(), result.ToSingles());
            if (type == ElementType.Float64)
            {
                Assert.All(expected.Zip(result.ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
            }

            TensorReport tensor = Assert.Single(report.Tensors);
            Assert.Equal("slerp", tensor.Action);
            Assert.Equal(0.93365491, tensor.Cosines[0]!.Value, 8);
            Assert.Equal(Math.Acos(0.93365491) * 180 / Math.PI, tensor.AnglesDegrees[0]!.Value, 5);
            Assert.Equal(Math.Sqrt(A.Sum(x => x * x)), tensor.Norms[0], 12);
            Assert.Equal(Math.Sqrt(result.ToDoubles().Sum(x => x * x)), tensor.OutputNorm!.Value, 12);
        }
    }

    [Fact]
    public void Linear_GoldenVector_IsTheWeightedMean()
    {
        using TemporaryDirectory directory = new();
        string[] paths = [.. new[] { A, B, C }.Select((values, i) => BareModels.Write(
            directory[$"{i}.onnx"], "w", TensorData.FromDoubles(values, ElementType.Float32, 2, 3)))];
        MergeOptions options = BareModels.Soup(directory["out.onnx"], paths);
        BareModels.Run(options with { Inputs = [options.Inputs[0], options.Inputs[1], options.Inputs[2] with { Weight = 2 }] });
        Assert.Equal([1.15625, -2.125, 3.359375, 0.515625, 0.140625, -1.25], BareModels.Read(directory["out.onnx"]).ToDoubles());
    }

    [Fact]
    public void Linear_NotNormalised_IsThePlainSum()
    {
        using TemporaryDirectory directory = new();
        string first = BareModels.Write(directory["a.onnx"], 1, 2);
        string second = BareModels.Write(directory["b.onnx"], 4, 8);
        MergeOptions options = BareModels.Soup(directory["c.onnx"], first, second);
        BareModels.Run(
            options with
            {
                Inputs = [options.Inputs[0] with { Weight = 3 }, options.Inputs[1] with { Weight = -0.5 }],
                Parameters = new Dictionary<string, string> { ["normalize"] = "false" },
            });
        Assert.Equal([1f, 2f], BareModels.Read(directory["c.onnx"]).ToSingles());
    }
}
