using System.Globalization;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Comparing;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.TestKit.Gradients;

/// <content>Checks of a table's rows, in double and in single precision.</content>
public static partial class GradientCheck
{
    /// <summary>Builds, differentiates and checks a row of a table, at each size where extents are symbols.</summary>
    /// <returns>The greatest relative error that was found.</returns>
    /// <exception cref="TensorMismatchException">A gradient is wrong; the text names input, worst element and both values.</exception>
    public static double Run(GradientCase row, Tolerance? tolerance = null)
    {
        using DifferentiatedGraph differentiated = Differentiate(row);
        double worst = 0;
        foreach (IReadOnlyDictionary<string, long> sizes in SizesOf(row))
        {
            Random random = new(row.Seed);
            worst = Math.Max(worst, Run(differentiated, Draw(row, sizes, random), random, tolerance, row.Name));
        }

        return worst;
    }

    /// <summary>
    /// Compares the gradients of a row in single precision, with ONNX Runtime's optimisations on as in training, with those in double.
    /// It finds operators without a kernel and fusions that change a result.
    /// </summary>
    /// <returns>The greatest difference, divided by the greatest element of the gradient.</returns>
    /// <exception cref="TensorMismatchException">They differ by more than rounding explains.</exception>
    public static double RunSingle(GradientCase row)
    {
        // 100 roundings of 2⁻²⁴, referred to the greatest element: small ones are often differences of large ones.
        const double Allowed = 6e-6;
        using DifferentiatedGraph differentiated = Differentiate(row);
        using OrtGraphRunner single = new(differentiated.Model);
        double worst = 0;
        foreach (IReadOnlyDictionary<string, long> sizes in SizesOf(row))
        {
            Random random = new(row.Seed);
            Dictionary<string, TensorData> point = Draw(row, sizes, random).ToDictionary(pair => pair.Key, pair => Rounded(pair.Value));
            TensorData[] cotangents =
            [
                .. differentiated.Forward(point).Select(y => Rounded(Fill(y.Shape, () => (2 * random.NextDouble()) - 1))),
            ];
            IReadOnlyDictionary<string, TensorData> expected = differentiated.Backward(point, cotangents).Gradients;
            Dictionary<string, TensorData> feeds = DifferentiatedGraph.Feeds(point, cotangents);
            IReadOnlyDictionary<string, TensorData> actual = single.Run(feeds.ToDictionary(pair => pair.Key, pair => Narrowed(pair.Value)));
            foreach ((string name, TensorData gradient) in expected)
            {
                double[] exact = gradient.ToArray<double>();
                double scale = exact.Length == 0 ? 0 : Math.Max(exact.Max(Math.Abs), 1e-3);
                double[] rounded = TensorAssert.Numbers(actual[$"{name}_grad"]);
                TensorAssert.Close(exact, rounded, new Tolerance(Allowed * scale, 0), $"{row.Name}, gradient of {name}, single precision");
                worst = Math.Max(worst, exact.Zip(rounded, (e, r) => Math.Abs(e - r) / scale).DefaultIfEmpty().Max());
            }
        }

        return worst;
    }

    private static DifferentiatedGraph Differentiate(GradientCase row)
    {
        GraphBuilder graph = new("gradient check", row.Opset);
        Value[] inputs = [.. row.Inputs.Select((input, i) => graph.Input(InputName(i), input.Domain.Type, input.Shape))];
        Value[] outputs = [.. row.Build(graph, inputs).Where(output => output.Type.IsFloat())];
        return new DifferentiatedGraph(graph, outputs, [.. inputs.Where((_, i) => row.Inputs[i].Domain.IsDifferentiable)]);
    }

    private static IReadOnlyList<IReadOnlyDictionary<string, long>> SizesOf(GradientCase row) =>
        row.IsDynamic ? row.Sizes : [new Dictionary<string, long>()];

    private static Dictionary<string, TensorData> Draw(GradientCase row, IReadOnlyDictionary<string, long> sizes, Random random) =>
        row.Inputs.Index().ToDictionary(
            input => InputName(input.Index), input => input.Item.Domain.Draw(random, Extents(new SymbolicShape(input.Item.Shape), sizes)));

    private static string InputName(int index) => string.Create(CultureInfo.InvariantCulture, $"x{index}");

    private static TensorData Rounded(TensorData tensor) => tensor.ElementType == ElementType.Float64
        ? TensorData.From<double>(Array.ConvertAll(tensor.ToArray<double>(), value => (double)(float)value), [.. tensor.Shape])
        : tensor;

    private static TensorData Narrowed(TensorData tensor) => tensor.ElementType == ElementType.Float64
        ? TensorData.From<float>(Array.ConvertAll(tensor.ToArray<double>(), value => (float)value), [.. tensor.Shape])
        : tensor;

    private static long[] Extents(SymbolicShape shape, IReadOnlyDictionary<string, long> sizes) =>
        [.. shape.Select(dim => dim.Symbols.Aggregate(dim.Factor, (product, symbol) => product * sizes[symbol]))];
}
