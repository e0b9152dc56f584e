namespace OnnxEmbed.TestKit.Numerics;

/// <summary>Activation functions in double as the ONNX operator pages define them (https://onnx.ai/onnx/operators/, opset 20).</summary>
public static class Activations
{
    private const double RootHalf = 0.7071067811865475244008443621048490;
    private const double RootTwoOverPi = 0.7978845608028653558798921198687637;

    /// <summary>Gelu with approximate = none: x · Φ(x), Φ the normal distribution function.</summary>
    public static double Gelu(double x) => double.IsNegativeInfinity(x) ? 0 : 0.5 * x * ErrorFunction.Erfc(-x * RootHalf);

    /// <summary>Gelu with approximate = tanh: x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))).</summary>
    public static double GeluTanh(double x) =>
        double.IsNegativeInfinity(x) ? 0 : 0.5 * x * (1 + Math.Tanh(RootTwoOverPi * (x + (0.044715 * x * x * x))));

    /// <summary>Softplus: ln(1 + eˣ), without overflow for large x.</summary>
    public static double Softplus(double x) => double.IsNaN(x) ? x : Math.Max(x, 0) + LogOnePlus(Math.Exp(-Math.Abs(x)));

    /// <summary>Mish: x · tanh(softplus(x)).</summary>
    public static double Mish(double x) => double.IsNegativeInfinity(x) ? 0 : x * Math.Tanh(Softplus(x));

    // ln(1 + y) for y in [0, 1]: the rounding of 1 + y is divided out again (W. Kahan's form; N. Higham, Accuracy and Stability of
    // Numerical Algorithms, 2nd ed., §1.14.1 uses the same for (eˣ - 1)/x).
    private static double LogOnePlus(double y)
    {
        double sum = 1 + y;
        return sum == 1 ? y : Math.Log(sum) * (y / (sum - 1));
    }
}
