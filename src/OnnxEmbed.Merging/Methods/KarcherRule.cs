namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// The mean on the sphere at the mean norm: the direction m whose squared angles to the directions ûᵢ have the smallest sum (H. Karcher,
/// "Riemannian center of mass and mollifier smoothing", Comm. Pure Appl. Math. 30, 1977). From the normalised sum of the ûᵢ on,
/// T = 1/N · Σ θᵢ/sin θᵢ · (ûᵢ - cos θᵢ·m) and m ← cos‖T‖·m + sin‖T‖·T/‖T‖, until ‖T‖ is below the tolerance. All of it happens in the
/// factors
/// of the ûᵢ.
/// </summary>
internal sealed class KarcherRule : IMergeRule
{
    public const string Iterations = "max_iter";
    public const string Tolerance = "tol";

    /// <summary>θ/sin θ is 1 in double from here on, and its quotient meaningless.</summary>
    private const double SmallestAngle = 1e-8;

    public void Validate(MergeArguments arguments, List<string> faults)
    {
    }

    public TensorBlend Decide(MergeTensor tensor, MergeArguments arguments)
    {
        if (tensor.AllEqual)
        {
            return tensor.CopyModel(0, "copied: equal in all models");
        }

        if (tensor.ElementCount == 1)
        {
            return Mean(tensor, "linear: one element");
        }

        UnitVectors units = new(tensor.Gram);
        double tolerance = arguments.Number(Tolerance);

        // A zero vector has no direction, and the norm 0. mergekit leaves vectors up to the tolerance out altogether.
        bool[] counts = [.. units.Norms.Select(norm => norm > (arguments.LikeMergekit ? tolerance : 0))];
        int count = counts.Count(counted => counted);
        if (count == 0)
        {
            return Mean(tensor, "linear: zero vectors");
        }

        double[] mean = [.. counts.Select(counted => counted ? 1.0 / count : 0)];
        double length = units.Length(mean);
        if (!(length > UnitVectors.Cancelled))
        {
            return Mean(tensor, "linear: no direction", "the directions of the models cancel each other; averaged straight");
        }

        Scale(mean, 1 / length);
        int steps = 0;
        while (steps < arguments.Number(Iterations) && Step(units, counts, mean, tolerance))
        {
            steps++;
        }

        double norm = units.Norms.Where((_, i) => !arguments.LikeMergekit || counts[i]).Average();
        return tensor.Sum(units.Factors(mean, norm), "karcher") with { Figures = new Dictionary<string, double> { ["steps"] = steps } };
    }

    private static TensorBlend Mean(MergeTensor tensor, string action, string? warning = null) =>
        tensor.Sum([.. Enumerable.Repeat(1.0 / tensor.ModelCount, tensor.ModelCount)], action, warning);

    /// <summary>Goes one step from the mean; false where it has arrived.</summary>
    private static bool Step(UnitVectors units, bool[] counts, double[] mean, double tolerance)
    {
        double[] tangent = new double[mean.Length];
        int count = counts.Count(counted => counted);
        for (int i = 0; i < mean.Length; i++)
        {
            double cosine = Math.Clamp(units.Dot(i, mean), -1, 1);
            double angle = Math.Acos(cosine);
            if (!counts[i] || angle < SmallestAngle)
            {
                continue;
            }

            double factor = angle / Math.Sin(angle) / count;
            tangent[i] += factor;
            for (int j = 0; j < mean.Length; j++)
            {
                tangent[j] -= factor * cosine * mean[j];
            }
        }

        double length = units.Length(tangent);
        if (!(length >= tolerance) || length == 0)
        {
            return false;
        }

        for (int i = 0; i < mean.Length; i++)
        {
            mean[i] = (Math.Cos(length) * mean[i]) + (Math.Sin(length) * tangent[i] / length);
        }

        Scale(mean, 1 / units.Length(mean));
        return true;
    }

    private static void Scale(double[] values, double factor)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] *= factor;
        }
    }
}
