namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// Σ cᵢ·wᵢ, with cᵢ divided by their sum when normalised (M. Wortsman et al., "Model soups", arXiv:2203.05482, §2; weights as in mergekit's
/// linear). Factors stay in double; the result is rounded once.
/// </summary>
internal sealed class LinearRule : IMergeRule
{
    public const string Normalize = "normalize";

    public void Validate(MergeArguments arguments, List<string> faults)
    {
        if (arguments.Flag(Normalize) && arguments.Weights.Sum() == 0)
        {
            faults.Add($"weights: need a sum other than 0 to be normalised, got {Text.Numbers(arguments.Weights)}; normalize=false takes them as they are");
        }
    }

    public TensorBlend Decide(MergeTensor tensor, MergeArguments arguments)
    {
        double sum = arguments.Weights.Sum();
        bool normalize = arguments.Flag(Normalize);
        double[] factors = [.. arguments.Weights.Select(weight => normalize ? weight / sum : weight)];
        if (tensor.AllEqual && (normalize || sum == 1))
        {
            return tensor.CopyModel(0, "copied: equal in all models");
        }

        int only = factors.Count(factor => factor != 0) == 1 ? Array.FindIndex(factors, factor => factor == 1) : -1;
        return only >= 0
            ? tensor.CopyModel(only, $"copied: only model {only + 1} has a weight")
            : tensor.Sum(factors, "linear");
    }
}
