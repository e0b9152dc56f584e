namespace OnnxEmbed.Merging.Tests.Methods;

/// <summary>
/// The methods as their papers write them, slowly: whole vectors, no blocks, no matrix of angles. An independent twin of the rules.
/// </summary>
internal static class ReferenceMethods
{
    /// <summary>Merges vectors, or matrices of the given number of columns.</summary>
    public static double[] Merge(
        string method, IReadOnlyDictionary<string, string> parameters, double[]? origin, double[][] models, double[] weights, int columns, bool matrix)
    {
        double[] from = origin ?? new double[models[0].Length];
        double[][] vectors = [.. models.Select(model => Subtract(model, from))];
        double[] change = method switch
        {
            "linear" => Sum(vectors, Shares(weights, parameters.GetValueOrDefault("normalize", "true"))),
            "task_arithmetic" => Scale(
                Sum(vectors, Shares(weights, parameters.GetValueOrDefault("normalize", "false"))),
                double.Parse(parameters.GetValueOrDefault("lambda", "1"), System.Globalization.CultureInfo.InvariantCulture)),
            "slerp" => Slerp(vectors[0], vectors[1], double.Parse(parameters["t"], System.Globalization.CultureInfo.InvariantCulture)),
            "nuslerp" when !parameters.ContainsKey("nuslerp_flatten") => Slerp(vectors[0], vectors[1], weights[1] / (weights[0] + weights[1])),
            "nuslerp" => ByParts(
                vectors,
                parameters.ContainsKey("nuslerp_row_wise") && matrix ? Columns(vectors[0].Length, columns) : Rows(vectors[0].Length, columns),
                part => Slerp(part[0], part[1], weights[1] / (weights[0] + weights[1]))),
            "multislerp" => Multislerp(vectors, Shares(weights, "true")),
            "karcher" => Karcher(vectors, 10, 1e-5),
            "model_stock" when parameters.ContainsKey("filter_wise") => ByParts(vectors, Rows(vectors[0].Length, columns), ModelStock),
            "model_stock" => ModelStock(vectors),
            "nearswap" => Nearswap(vectors[0], double.Parse(parameters["t"], System.Globalization.CultureInfo.InvariantCulture)),
            "arcee_fusion" => Fusion(models[0], from, columns),
            "passthrough" => Scale(vectors[0], double.Parse(parameters["scale"], System.Globalization.CultureInfo.InvariantCulture)),
            _ => throw new ArgumentException($"no reference of {method}", nameof(method)),
        };
        return [.. from.Zip(change, (x, y) => x + y)];
    }

    public static double Dot(double[] x, double[] y) => x.Zip(y, (a, b) => a * b).Sum();

    public static double Norm(double[] x) => Math.Sqrt(Dot(x, x));

    private static double[] Subtract(double[] x, double[] y) => [.. x.Zip(y, (a, b) => a - b)];

    private static double[] Scale(double[] x, double factor) => [.. x.Select(value => value * factor)];

    private static double[] Sum(double[][] vectors, double[] factors)
    {
        double[] sum = new double[vectors[0].Length];
        for (int model = 0; model < vectors.Length; model++)
        {
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += factors[model] * vectors[model][i];
            }
        }

        return sum;
    }

    private static double[] Shares(double[] weights, string normalize) => normalize == "true" ? Scale(weights, 1 / weights.Sum()) : weights;

    private static double Angle(double[] u, double[] v)
    {
        double[] first = Scale(u, 1 / Norm(u));
        double[] second = Scale(v, 1 / Norm(v));
        return 2 * Math.Atan2(Norm(Subtract(first, second)), Norm(Sum([first, second], [1, 1])));
    }

    private static double[] Slerp(double[] u, double[] v, double t)
    {
        double angle = Norm(u) == 0 || Norm(v) == 0 ? 0 : Angle(u, v);
        return u.Length == 1 || Math.Sin(angle) < 1e-7
            ? Sum([u, v], [1 - t, t])
            : Sum([u, v], [Math.Sin((1 - t) * angle) / Math.Sin(angle), Math.Sin(t * angle) / Math.Sin(angle)]);
    }

    private static double[] Multislerp(double[][] vectors, double[] weights)
    {
        if (vectors[0].Length == 1)
        {
            return Sum(vectors, weights);
        }

        double[][] units = [.. vectors.Select(vector => Scale(vector, 1 / (Norm(vector) + 1e-8)))];
        double[] mean = Sum(units, weights);
        mean = Scale(mean, 1 / Norm(mean));
        double[][] tangents = [.. units.Select(unit => Subtract(unit, Scale(mean, Dot(unit, mean))))];
        double[] step = Sum(tangents, weights);
        double length = Norm(step);
        double[] point = length == 0 ? mean : Sum([mean, step], [Math.Cos(length), Math.Sin(length) / length]);
        return Scale(point, weights.Zip(vectors, (weight, vector) => weight * Norm(vector)).Sum());
    }

    private static double[] Karcher(double[][] vectors, int steps, double tolerance)
    {
        double[] equal = [.. vectors.Select(_ => 1.0 / vectors.Length)];
        if (vectors[0].Length == 1)
        {
            return Sum(vectors, equal);
        }

        double[][] units = [.. vectors.Select(vector => Scale(vector, 1 / Norm(vector)))];
        double[] mean = Sum(units, equal);
        mean = Scale(mean, 1 / Norm(mean));
        for (int i = 0; i < steps; i++)
        {
            double[] tangent = Sum(
                [.. units.Select(unit =>
                {
                    double[] part = Subtract(unit, Scale(mean, Dot(unit, mean)));
                    return Norm(part) < 1e-12 ? part : Scale(part, Angle(unit, mean) / Norm(part));
                })],
                equal);
            double length = Norm(tangent);
            if (length < tolerance)
            {
                break;
            }

            mean = Sum([mean, tangent], [Math.Cos(length), Math.Sin(length) / length]);
            mean = Scale(mean, 1 / Norm(mean));
        }

        return Scale(mean, vectors.Average(Norm));
    }

    private static double[] ModelStock(double[][] vectors)
    {
        int count = vectors.Length;
        double cosine = 0;
        for (int i = 0; i < count; i++)
        {
            for (int j = i + 1; j < count; j++)
            {
                double norms = Norm(vectors[i]) * Norm(vectors[j]);
                cosine += norms == 0 ? 0 : Dot(vectors[i], vectors[j]) / norms / (count * (count - 1) / 2);
            }
        }

        double ratio = Math.Clamp(count * cosine / (1 + ((count - 1) * cosine)), 0, 1);
        return Sum(vectors, [.. vectors.Select(_ => ratio / count)]);
    }

    private static double[] Nearswap(double[] change, double t) =>
        [.. change.Select(value => value == 0 ? 0 : value * Math.Min(t / Math.Abs(value), 1))];

    private static double[] Fusion(double[] model, double[] from, int columns)
    {
        double[] importance = new double[model.Length];
        foreach (int[] row in Rows(model.Length, columns))
        {
            double[] p = Softmax([.. row.Select(i => model[i])]);
            double[] q = Softmax([.. row.Select(i => from[i])]);
            double divergence = p.Zip(q, (x, y) => (x + 1e-8) * Math.Log((x + 1e-8) / (y + 1e-8))).Sum();
            foreach (int i in row)
            {
                importance[i] = Math.Abs(model[i] - from[i]) * Math.Max(divergence, 0);
            }
        }

        double[] sorted = [.. importance.Order()];
        double Quantile(double share) => sorted[(int)(share * (sorted.Length - 1))];
        double threshold = Quantile(0.5) + (1.5 * (Quantile(0.75) - Quantile(0.25)));
        return [.. importance.Select((value, i) => value >= threshold ? model[i] - from[i] : 0)];
    }

    private static double[] Softmax(double[] values)
    {
        double[] powers = [.. values.Select(value => Math.Exp(value - values.Max()))];
        return Scale(powers, 1 / powers.Sum());
    }

    private static int[][] Rows(int length, int columns) =>
        [.. Enumerable.Range(0, length / columns).Select(row => Enumerable.Range(row * columns, columns).ToArray())];

    private static int[][] Columns(int length, int columns) =>
        [.. Enumerable.Range(0, columns).Select(column => Enumerable.Range(0, length / columns).Select(row => (row * columns) + column).ToArray())];

    private static double[] ByParts(double[][] vectors, int[][] parts, Func<double[][], double[]> merge)
    {
        double[] result = new double[vectors[0].Length];
        foreach (int[] part in parts)
        {
            double[] merged = merge([.. vectors.Select(vector => part.Select(i => vector[i]).ToArray())]);
            for (int i = 0; i < part.Length; i++)
            {
                result[part[i]] = merged[i];
            }
        }

        return result;
    }
}
