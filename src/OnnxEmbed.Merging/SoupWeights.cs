using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging;

/// <summary>Weights of a weighted average that follow from a rule; they sum to 1.</summary>
public static class SoupWeights
{
    /// <summary>
    /// Exponential moving average over checkpoints, the last one the heaviest. Corrected it is βⁿ⁻ᵏ/Σβⁿ⁻ᵏ for checkpoint k of n, as if the
    /// average
    /// had begun at nothing and were divided by what it holds (D. Kingma and J. Ba, "Adam", arXiv:1412.6980, §3); otherwise the average
    /// begins at
    /// the first checkpoint, ema₁ = w₁ and emaₖ = β·emaₖ₋₁ + (1-β)·wₖ, which leaves the first the weight βⁿ⁻¹ whole.
    /// </summary>
    /// <param name="count">Number of checkpoints n, 1 or more.</param>
    /// <param name="decay">β in [0, 1): 0 takes the last alone; corrected also 1, the plain mean.</param>
    /// <param name="corrected">Whether the start is corrected for.</param>
    /// <returns>Weight of each checkpoint from the first to the last.</returns>
    /// <exception cref="OptionException">The count or the decay is outside its range.</exception>
    public static IReadOnlyList<double> Exponential(int count, double decay, bool corrected = true)
    {
        if (count < 1)
        {
            throw new OptionException($"moving average: needs 1 checkpoint or more, got {count}");
        }

        if (!(decay >= 0 && (decay < 1 || (corrected && decay == 1))))
        {
            throw new OptionException($"moving average: needs a decay in [0, 1{(corrected ? "]" : ")")}, got {Text.Number(decay)}");
        }

        double[] weights = new double[count];
        double power = 1;
        for (int i = count - 1; i >= 0; i--)
        {
            weights[i] = corrected ? power : i == 0 ? power : (1 - decay) * power;
            power *= decay;
        }

        double sum = corrected ? weights.Sum() : 1;
        return [.. weights.Select(weight => weight / sum)];
    }

    /// <summary>
    /// softmax(-loss/τ): models with a lower loss on a few examples weigh more (S. Xiao et al., "LM-Cocktail", arXiv:2311.13534, §3.2).
    /// </summary>
    /// <param name="losses">Loss of each model.</param>
    /// <param name="temperature">τ above 0; large values come close to equal weights.</param>
    /// <exception cref="OptionException">There is no loss, one is not finite, or τ is not above 0.</exception>
    public static IReadOnlyList<double> Cocktail(IReadOnlyList<double> losses, double temperature)
    {
        ArgumentNullException.ThrowIfNull(losses);
        if (losses.Count == 0 || !losses.All(double.IsFinite))
        {
            throw new OptionException(
                $"weights by loss: need a finite loss of each model, got {(losses.Count == 0 ? "none" : Text.Numbers(losses))}");
        }

        if (!(temperature > 0))
        {
            throw new OptionException($"weights by loss: need a temperature above 0, got {Text.Number(temperature)}");
        }

        double least = losses.Min();
        double[] weights = [.. losses.Select(loss => Math.Exp((least - loss) / temperature))];
        double sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }
}
