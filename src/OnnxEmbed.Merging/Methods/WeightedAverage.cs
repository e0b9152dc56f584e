namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// Σ cᵢ·wᵢ, or base + λ·Σ cᵢ·(wᵢ - base) where there is a base, with the parameters that the method happens to have: weights, else 1 each;
/// divided by their sum as its normalize says, and always where it has none; λ, else 1.
/// </summary>
internal static class WeightedAverage
{
    public const string Normalize = "normalize";
    public const string Lambda = "lambda";

    /// <summary>mergekit divides by no sum smaller than this.</summary>
    private const double MergekitSum = 1e-8;

    public static TensorBlend Of(MergeTensor tensor, MergeArguments arguments)
    {
        double[] factors = Factors(arguments);
        const string action = "linear";
        const string equal = "copied: equal in all models";
        return tensor.HasBase
            ? tensor.AllEqual ? tensor.CopyBase(equal) : tensor.AddTasks(factors, action)
            : tensor.AllEqual && factors.Sum() == 1 ? tensor.CopyModel(0, equal) : tensor.Sum(factors, action);
    }

    /// <summary>λ·cᵢ, normalised if asked.</summary>
    public static double[] Factors(MergeArguments arguments)
    {
        double[] weights = [.. arguments.Weights];
        double scale = arguments.Values.TryGetValue(Lambda, out object? lambda) ? (double)lambda : 1;
        bool normalize = !arguments.Values.TryGetValue(Normalize, out object? flag) || (bool)flag;
        double sum = weights.Sum();
        if (normalize && !(arguments.LikeMergekit && Math.Abs(sum) < MergekitSum))
        {
            scale /= sum;
        }

        return [.. weights.Select(weight => weight * scale)];
    }

    /// <summary>Adds the fault of weights that cannot be normalised.</summary>
    public static void Validate(MergeArguments arguments, List<string> faults)
    {
        if (arguments.Flag(Normalize) && arguments.Weights.Sum() == 0)
        {
            faults.Add(
                $"weights: need a sum other than 0 to be normalised, got {Text.Numbers(arguments.Weights)}; normalize=false takes them as they are");
        }
    }

    /// <summary>Warns of negative weights under normalisation, which scales all of them up.</summary>
    public static IEnumerable<string> Warn(MergeArguments arguments) =>
        arguments.Flag(Normalize) && arguments.Weights.Any(weight => weight < 0)
            ?
            [
                $"weights {Text.Numbers(arguments.Weights)} are divided by their sum {Text.Number(arguments.Weights.Sum())}; "
                + "normalize=false takes negative weights as they are",
            ]
            : [];
}
