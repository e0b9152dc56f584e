using System.Globalization;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Comparing;

namespace OnnxEmbed.TestKit.Gradients;

/// <summary>
/// Compares gradients with finite differences in double by the inner-product identity: for a random cotangent w and a random direction u
/// of one input, ⟨dL/dx, u⟩ must equal the derivative of L = Σ w·y along u. It takes a few runs whatever the input's size; the idea is
/// that of JAX's check_vjp. The derivative is the central difference with one Richardson step, (4·D(h/2) - D(h))/3, whose error is O(h⁴).
/// </summary>
public static partial class GradientCheck
{
    /// <summary>Step of the finite differences unless a caller knows the function to be more curved than those of the tables.</summary>
    public const double DefaultStep = 1e-3;

    /// <summary>
    /// Part of Σ|dL/dxᵢ·uᵢ| that the tolerance refers to at least: where terms of both signs cancel in the inner product, their size and
    /// not that of the small rest tells how precise it can be.
    /// </summary>
    private const double CancellationFloor = 1e-2;

    /// <summary>An input with more elements than this gets no elementwise search for the worst one.</summary>
    private const int SearchLimit = 4096;

    /// <summary>Checks the gradients of a graph at one point.</summary>
    /// <param name="graph">The function and its gradients.</param>
    /// <param name="point">Every input of the function, floats in double.</param>
    /// <param name="random">Source of cotangents and directions.</param>
    /// <param name="tolerance">Default: <see cref="Tolerance.Gradient"/>.</param>
    /// <param name="what">Stands in front of messages.</param>
    /// <param name="step">h.</param>
    /// <returns>The greatest relative error that was found.</returns>
    /// <exception cref="TensorMismatchException">A gradient is wrong.</exception>
    public static double Run(
        IDifferentiatedFunction graph,
        IReadOnlyDictionary<string, TensorData> point,
        Random random,
        Tolerance? tolerance = null,
        string what = "gradient",
        double step = DefaultStep)
    {
        Tolerance allowed = tolerance ?? Tolerance.Gradient;
        IReadOnlyList<TensorData> outputs = graph.Forward(point);
        TensorData[] cotangents = [.. outputs.Select(y => Fill(y.Shape, () => (2 * random.NextDouble()) - 1))];
        (double loss, IReadOnlyDictionary<string, TensorData> gradients) = graph.Backward(point, cotangents);
        double direct = Inner(outputs, cotangents);
        if (!Tolerance.Double.Allows(direct, loss))
        {
            throw new TensorMismatchException(Text($"{what}: the loss in the gradient graph is {loss:R}, that of the outputs {direct:R}"));
        }

        double worst = 0;
        foreach (string name in graph.ParameterNames)
        {
            TensorData gradient = gradients[name];
            if (!gradient.Shape.SequenceEqual(point[name].Shape) || gradient.ElementType != point[name].ElementType)
            {
                throw new TensorMismatchException($"{what}: the gradient of {name} needs to be {point[name]}, got {gradient}");
            }

            double[] values = gradient.ToArray<double>();
            double[] direction = [.. values.Select(_ => Math.CopySign(0.5 + (0.5 * random.NextDouble()), random.NextDouble() - 0.5))];
            double analytic = 0, size = 0;
            for (int i = 0; i < values.Length; i++)
            {
                analytic += values[i] * direction[i];
                size += Math.Abs(values[i] * direction[i]);
            }

            double numeric = Derivative(graph, point, cotangents, name, direction, step);
            double scale = Math.Max(Math.Max(Math.Abs(analytic), Math.Abs(numeric)), CancellationFloor * size);
            double error = Math.Abs(analytic - numeric);

            // Written so that NaN fails.
            if (!(error <= allowed.Absolute + (allowed.Relative * scale)))
            {
                throw new TensorMismatchException(
                    Text($"{what}: along a random direction of {name} {point[name]} the gradient gives {analytic:R}, ")
                    + Text($"finite differences {numeric:R} (relative error {error / scale:G3})")
                    + Worst(graph, point, cotangents, name, values, step));
            }

            worst = Math.Max(worst, scale > allowed.Absolute ? error / scale : 0);
        }

        return worst;
    }

    /// <summary>Derivative of Σ w·y along a direction of one input, by finite differences.</summary>
    public static double Derivative(
        IDifferentiatedFunction graph,
        IReadOnlyDictionary<string, TensorData> point,
        IReadOnlyList<TensorData> cotangents,
        string name,
        ReadOnlySpan<double> direction,
        double step = DefaultStep)
    {
        double coarse = Difference(graph, point, cotangents, name, direction, step);
        double fine = Difference(graph, point, cotangents, name, direction, step / 2);
        return ((4 * fine) - coarse) / 3;
    }

    private static double Difference(
        IDifferentiatedFunction graph,
        IReadOnlyDictionary<string, TensorData> point,
        IReadOnlyList<TensorData> cotangents,
        string name,
        ReadOnlySpan<double> direction,
        double step)
    {
        IReadOnlyList<TensorData> ahead = graph.Forward(Moved(point, name, direction, step));
        IReadOnlyList<TensorData> behind = graph.Forward(Moved(point, name, direction, -step));

        // Differences first, then the weighted sum: less cancels than between two losses.
        double sum = 0;
        for (int k = 0; k < ahead.Count; k++)
        {
            double[] plus = ahead[k].ToArray<double>(), minus = behind[k].ToArray<double>(), weights = cotangents[k].ToArray<double>();
            for (int i = 0; i < plus.Length; i++)
            {
                sum += weights[i] * (plus[i] - minus[i]);
            }
        }

        return sum / (2 * step);
    }

    private static Dictionary<string, TensorData> Moved(
        IReadOnlyDictionary<string, TensorData> point, string name, ReadOnlySpan<double> direction, double step)
    {
        double[] values = point[name].ToArray<double>();
        for (int i = 0; i < values.Length; i++)
        {
            values[i] += step * direction[i];
        }

        return new Dictionary<string, TensorData>(point) { [name] = TensorData.From<double>(values, [.. point[name].Shape]) };
    }

    private static string Worst(
        IDifferentiatedFunction graph,
        IReadOnlyDictionary<string, TensorData> point,
        IReadOnlyList<TensorData> cotangents,
        string name,
        double[] gradient,
        double step)
    {
        if (gradient.Length > SearchLimit)
        {
            return string.Empty;
        }

        int worst = 0;
        double numericAtWorst = 0, greatest = -1;
        for (int i = 0; i < gradient.Length; i++)
        {
            double[] unit = new double[gradient.Length];
            unit[i] = 1;
            double numeric = Derivative(graph, point, cotangents, name, unit, step);
            double error = Math.Abs(numeric - gradient[i]);
            if (error > greatest || double.IsNaN(error))
            {
                (worst, numericAtWorst, greatest) = (i, numeric, error);
            }

            if (double.IsNaN(error))
            {
                break;
            }
        }

        return Text($"; worst element {TensorAssert.Index(worst, point[name].Shape)} at x = {point[name].ToArray<double>()[worst]:R}: ")
            + Text($"gradient {gradient[worst]:R}, finite difference {numericAtWorst:R}");
    }

    private static double Inner(IReadOnlyList<TensorData> outputs, IReadOnlyList<TensorData> cotangents) =>
        outputs.Zip(cotangents).Sum(pair => pair.First.ToArray<double>().Zip(pair.Second.ToArray<double>(), (y, w) => y * w).Sum());

    private static TensorData Fill(IReadOnlyList<long> shape, Func<double> element)
    {
        double[] values = new double[TensorData.CountElements(shape)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = element();
        }

        return TensorData.From<double>(values, [.. shape]);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
