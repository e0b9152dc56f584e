namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// Σ cᵢ·wᵢ, with cᵢ divided by their sum when normalised (M. Wortsman et al., "Model soups", arXiv:2203.05482, §2; weights as in mergekit's
/// linear). Factors stay in double; the result is rounded once.
/// </summary>
internal sealed class LinearRule : IMergeRule
{
    public bool Measures => false;

    public void Validate(MergeArguments arguments, List<string> faults) => WeightedAverage.Validate(arguments, faults);

    public IEnumerable<string> Warn(MergeArguments arguments) => WeightedAverage.Warn(arguments);

    public TensorBlend Decide(MergeTensor tensor, MergeArguments arguments)
    {
        double[] factors = WeightedAverage.Factors(arguments);
        if (tensor.AllEqual && (arguments.Flag(WeightedAverage.Normalize) || factors.Sum() == 1))
        {
            return tensor.CopyModel(0, "copied: equal in all models");
        }

        int only = factors.Count(factor => factor != 0) == 1 ? Array.FindIndex(factors, factor => factor == 1) : -1;
        return only >= 0 ? tensor.CopyModel(only, $"copied: only model {only + 1} has a weight") : tensor.Sum(factors, "linear");
    }
}
