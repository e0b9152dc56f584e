namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// Σ cᵢ‖wᵢ‖ · s/‖s‖ with s = Σ cᵢ·ûᵢ and ûᵢ = wᵢ/(‖wᵢ‖ + ε): the weighted mean direction at the weighted mean norm; with a base, of the
/// task
/// vectors. mergekit's documentation of multislerp goes on by a step in the tangent space at m = s/‖s‖, τ = Σ cᵢ·(ûᵢ - (ûᵢ·m)m) = s -
/// (s·m)m;
/// since m lies along s, τ is 0 and the step leads nowhere.
/// </summary>
internal sealed class MultislerpRule : IMergeRule
{
    public const string NormalizeWeights = "normalize_weights";
    public const string Epsilon = "eps";

    public void Validate(MergeArguments arguments, List<string> faults)
    {
        if (arguments.Flag(NormalizeWeights) && arguments.Weights.Sum() == 0)
        {
            faults.Add(
                $"weights: need a sum other than 0 to be normalised, got {Text.Numbers(arguments.Weights)}; "
                + "normalize_weights=false takes them as they are");
        }
    }

    public TensorBlend Decide(MergeTensor tensor, MergeArguments arguments)
    {
        double[] weights = Weights(arguments);
        if (tensor.AllEqual && (tensor.HasBase || arguments.Flag(NormalizeWeights)))
        {
            return tensor.CopyModel(0, "copied: equal in all models");
        }

        if (tensor.ElementCount == 1)
        {
            return Answer(tensor, weights, "linear: one element");
        }

        UnitVectors units = new(tensor.HasBase ? tensor.TaskGram : tensor.Gram, arguments.Number(Epsilon));
        double length = units.Length(weights);
        if (!(length > UnitVectors.Cancelled * weights.Sum(Math.Abs)))
        {
            return units.Norms.All(norm => norm == 0)
                ? Answer(tensor, weights, "linear: zero vectors")
                : Answer(tensor, weights, "linear: no direction", "the directions of the models cancel each other; averaged straight");
        }

        double scale = weights.Zip(units.Norms, (weight, norm) => weight * norm).Sum();
        return Answer(tensor, units.Factors(weights, scale / length), "multislerp");
    }

    public TensorBlend? Average(MergeTensor tensor, MergeArguments arguments) => tensor.AllEqual && arguments.Flag(NormalizeWeights)
        ? tensor.CopyModel(0, "copied: equal in all models")
        : Answer(tensor, Weights(arguments), "linear");

    private static double[] Weights(MergeArguments arguments)
    {
        double sum = arguments.Flag(NormalizeWeights) ? arguments.Weights.Sum() : 1;
        return [.. arguments.Weights.Select(weight => weight / sum)];
    }

    private static TensorBlend Answer(MergeTensor tensor, double[] factors, string action, string? warning = null) =>
        tensor.HasBase ? tensor.AddTasks(factors, action, warning) : tensor.Sum(factors, action, warning);
}
