namespace OnnxEmbed.Merging.Methods;

/// <summary>The model with its adapters, as it is: the sum W + Σ s·B·A is made where its weights are read.</summary>
internal sealed class FoldRule : IMergeRule
{
    public void Validate(MergeArguments arguments, List<string> faults)
    {
    }

    public TensorBlend Decide(TensorFacts tensor, MergeArguments arguments) =>
        tensor.AllEqual ? TensorBlend.Copy(0, 1, "copied: no adapter") : new TensorBlend([1], null, "adapter folded in");
}
