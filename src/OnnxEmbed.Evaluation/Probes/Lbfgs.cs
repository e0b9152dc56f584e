using System.Numerics.Tensors;

namespace OnnxEmbed.Evaluation.Probes;

/// <summary>
/// Limited-memory BFGS with a diagonal preconditioner: J. Nocedal and S. Wright, "Numerical Optimization", 2nd ed., algorithm 7.5; weak
/// Wolfe
/// line search by bisection after A. Lewis and M. Overton, "Nonsmooth optimization via quasi-Newton methods" (2013), algorithm 2.6.
/// </summary>
internal static class Lbfgs
{
    private const int Memory = 12;
    private const double SufficientDecrease = 1e-4;
    private const double Curvature = 0.9;
    private const int MaxHalvings = 60;

    // Near the optimum the decrease drowns in the rounding of the sum; a rise within it is accepted.
    private const double RoundingShare = 1e-13;

    /// <summary>Minimises <paramref name="function"/>(point, gradient to fill), whose value it returns.</summary>
    public static LbfgsResult Minimize(
        Func<double[], double[], double> function, double[] start, double[] preconditioner, double tolerance, int maxIterations)
    {
        int length = start.Length;
        double[] point = start, gradient = new double[length], next = new double[length], nextGradient = new double[length];
        double[] direction = new double[length];
        List<(double[] Step, double[] Change, double Product)> pairs = [];
        double value = function(point, gradient);
        int iteration = 0;
        for (; iteration < maxIterations && Largest(gradient) > tolerance; iteration++)
        {
            Descend(gradient, pairs, preconditioner, direction);
            double slope = TensorPrimitives.Dot<double>(gradient, direction);
            double low = 0, high = double.PositiveInfinity, t = 1, nextValue = value;
            bool found = false;
            for (int halving = 0; halving < MaxHalvings && !found; halving++)
            {
                TensorPrimitives.MultiplyAdd<double>(direction, t, point, next);
                nextValue = function(next, nextGradient);
                if (!(nextValue <= value + (SufficientDecrease * t * slope) + (RoundingShare * Math.Abs(value))))
                    high = t;
                else if (TensorPrimitives.Dot<double>(nextGradient, direction) < Curvature * slope)
                    low = t;
                else
                    found = true;
                t = found ? t : double.IsFinite(high) ? (low + high) / 2 : 2 * t;
            }

            if (!found)
                break;
            double[] step = new double[length], change = new double[length];
            TensorPrimitives.Subtract<double>(next, point, step);
            TensorPrimitives.Subtract<double>(nextGradient, gradient, change);
            double product = TensorPrimitives.Dot<double>(step, change);
            if (product > 0)
                pairs.Add((step, change, product));
            if (pairs.Count > Memory)
                pairs.RemoveAt(0);
            (point, next) = (next, point);
            (gradient, nextGradient) = (nextGradient, gradient);
            value = nextValue;
        }

        return new LbfgsResult(point, value, iteration, Largest(gradient) <= tolerance);
    }

    // direction = -H gradient by the two-loop recursion.
    private static void Descend(
        double[] gradient, List<(double[] Step, double[] Change, double Product)> pairs, double[] preconditioner, double[] direction)
    {
        TensorPrimitives.Negate<double>(gradient, direction);
        double[] shares = new double[pairs.Count];
        for (int i = pairs.Count - 1; i >= 0; i--)
        {
            shares[i] = TensorPrimitives.Dot<double>(pairs[i].Step, direction) / pairs[i].Product;
            TensorPrimitives.MultiplyAdd<double>(pairs[i].Change, -shares[i], direction, direction);
        }

        TensorPrimitives.Multiply<double>(direction, preconditioner, direction);
        if (pairs.Count > 0)
        {
            (_, double[] change, double product) = pairs[^1];
            double scaled = 0;
            for (int i = 0; i < change.Length; i++)
                scaled += change[i] * change[i] * preconditioner[i];
            TensorPrimitives.Multiply(direction, product / scaled, direction);
        }

        for (int i = 0; i < pairs.Count; i++)
        {
            double back = TensorPrimitives.Dot<double>(pairs[i].Change, direction) / pairs[i].Product;
            TensorPrimitives.MultiplyAdd<double>(pairs[i].Step, shares[i] - back, direction, direction);
        }
    }

    private static double Largest(double[] gradient) => Math.Abs(TensorPrimitives.MaxMagnitude<double>(gradient));
}
