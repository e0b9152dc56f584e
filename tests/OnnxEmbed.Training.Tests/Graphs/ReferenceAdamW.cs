using OnnxEmbed.Training.Graphs;

namespace OnnxEmbed.Training.Tests.Graphs;

/// <summary>
/// AdamW in double, line by line as torch.optim.AdamW's single-tensor form, with torch.nn.utils.clip_grad_norm_ before it.
/// </summary>
internal sealed class ReferenceAdamW(double[][] weights, bool[] decays, AdamWOptions options)
{
    private readonly double[][] _first = [.. weights.Select(weight => new double[weight.Length])];
    private readonly double[][] _second = [.. weights.Select(weight => new double[weight.Length])];
    private int _step;

    public double[][] Weights { get; } = weights;

    public double[][] First => _first;

    public double[][] Second => _second;

    public double Step(double[][] gradients, double learningRate)
    {
        _step++;
        double norm = Math.Sqrt(gradients.Sum(gradient => gradient.Sum(x => x * x)));
        double clip = options.MaxGradientNorm > 0 ? Math.Min(1, options.MaxGradientNorm / (norm + 1e-6)) : 1;
        double firstCorrection = 1 - Math.Pow(options.Beta1, _step);
        double secondCorrection = 1 - Math.Pow(options.Beta2, _step);
        for (int p = 0; p < Weights.Length; p++)
        {
            for (int i = 0; i < Weights[p].Length; i++)
            {
                double gradient = gradients[p][i] * clip;
                if (decays[p])
                {
                    Weights[p][i] *= 1 - (learningRate * options.WeightDecay);
                }

                _first[p][i] = (options.Beta1 * _first[p][i]) + ((1 - options.Beta1) * gradient);
                _second[p][i] = (options.Beta2 * _second[p][i]) + ((1 - options.Beta2) * gradient * gradient);
                double denominator = (Math.Sqrt(_second[p][i]) / Math.Sqrt(secondCorrection)) + options.Epsilon;
                Weights[p][i] -= learningRate / firstCorrection * _first[p][i] / denominator;
            }
        }

        return norm;
    }
}
