namespace OnnxEmbed.Data.Audit;

/// <summary>
/// Logistic regression on standardised features: minimises the sum of log losses plus |w|²/2 with a free intercept, by Newton's method.
/// </summary>
internal sealed class LogisticProbe
{
    private const int MaxIterations = 30;
    private const double Tolerance = 1e-8;

    private readonly double[] _mean;
    private readonly double[] _scale;
    private readonly double[] _weights;

    private LogisticProbe(double[] mean, double[] scale, double[] weights)
    {
        _mean = mean;
        _scale = scale;
        _weights = weights;
    }

    public static LogisticProbe Fit(double[][] features, bool[] labels)
    {
        int width = features[0].Length;
        (double[] mean, double[] scale) = Standardise(features);
        double[][] rows = Array.ConvertAll(features, row => Row(row, mean, scale));
        double[] weights = new double[width + 1];
        double[] gradient = new double[width + 1];
        double[,] hessian = new double[width + 1, width + 1];
        for (int iteration = 0; iteration < MaxIterations; iteration++)
        {
            Array.Clear(gradient);
            Array.Clear(hessian);
            for (int r = 0; r < rows.Length; r++)
            {
                double[] row = rows[r];
                double probability = 1 / (1 + Math.Exp(-Dot(row, weights)));
                double error = probability - (labels[r] ? 1 : 0);
                double curvature = probability * (1 - probability);
                for (int i = 0; i <= width; i++)
                {
                    gradient[i] += error * row[i];
                    double scaled = curvature * row[i];
                    for (int j = 0; j <= i; j++)
                    {
                        hessian[i, j] += scaled * row[j];
                    }
                }
            }

            for (int i = 0; i < width; i++)
            {
                gradient[i] += weights[i];
                hessian[i, i] += 1;
            }

            hessian[width, width] += 1e-9; // keeps the intercept solvable when all probabilities are 0 or 1
            double[] step = SolvePositiveDefinite(hessian, gradient);
            for (int i = 0; i <= width; i++)
            {
                weights[i] -= step[i];
            }

            if (step.Max(Math.Abs) < Tolerance)
            {
                break;
            }
        }

        return new LogisticProbe(mean, scale, weights);
    }

    /// <summary>The log odds of the label.</summary>
    public double Score(double[] features) => Dot(Row(features, _mean, _scale), _weights);

    private static (double[] Mean, double[] Scale) Standardise(double[][] features)
    {
        int width = features[0].Length;
        double[] mean = new double[width];
        double[] scale = new double[width];
        for (int i = 0; i < width; i++)
        {
            mean[i] = features.Average(row => row[i]);
            double deviation = Math.Sqrt(features.Average(row => (row[i] - mean[i]) * (row[i] - mean[i])));
            scale[i] = deviation > 1e-12 ? 1 / deviation : 0;
        }

        return (mean, scale);
    }

    private static double[] Row(double[] features, double[] mean, double[] scale)
    {
        double[] row = new double[features.Length + 1];
        for (int i = 0; i < features.Length; i++)
        {
            row[i] = (features[i] - mean[i]) * scale[i];
        }

        row[^1] = 1;
        return row;
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    /// <summary>Cholesky on the lower triangle, in place.</summary>
    private static double[] SolvePositiveDefinite(double[,] matrix, double[] right)
    {
        int n = right.Length;
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = matrix[i, j];
                for (int k = 0; k < j; k++)
                {
                    sum -= matrix[i, k] * matrix[j, k];
                }

                matrix[i, j] = i == j ? Math.Sqrt(Math.Max(sum, 1e-12)) : sum / matrix[j, j];
            }
        }

        double[] solution = [.. right];
        for (int i = 0; i < n; i++)
        {
            for (int k = 0; k < i; k++)
            {
                solution[i] -= matrix[i, k] * solution[k];
            }

            solution[i] /= matrix[i, i];
        }

        for (int i = n - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < n; k++)
            {
                solution[i] -= matrix[k, i] * solution[k];
            }

            solution[i] /= matrix[i, i];
        }

        return solution;
    }
}
