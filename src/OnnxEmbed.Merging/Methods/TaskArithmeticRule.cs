namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// base + λ·Σ cᵢ·(wᵢ - base), with cᵢ divided by their sum when normalised (G. Ilharco et al., "Editing models with task arithmetic",
/// arXiv:2212.04089, §2).
/// </summary>
internal sealed class TaskArithmeticRule : IMergeRule
{
    public bool Measures => false;

    public void Validate(MergeArguments arguments, List<string> faults)
    {
        if (!arguments.LikeMergekit)
        {
            WeightedAverage.Validate(arguments, faults);
        }
    }

    public IEnumerable<string> Warn(MergeArguments arguments) => WeightedAverage.Warn(arguments);

    public TensorBlend Decide(MergeTensor tensor, MergeArguments arguments)
    {
        double[] factors = WeightedAverage.Factors(arguments);
        return tensor.AllEqual ? tensor.CopyBase("copied: equal in all models")
            : factors.All(factor => factor == 0) ? tensor.CopyBase("copied: nothing is added")
            : tensor.AddTasks(factors, "task arithmetic");
    }
}
