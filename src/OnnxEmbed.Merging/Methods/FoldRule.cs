namespace OnnxEmbed.Merging.Methods;

/// <summary>The model with its adapters, as it is: the sum W + Σ s·B·A is made where its weights are read.</summary>
internal sealed class FoldRule : IMergeRule
{
    public bool Measures => false;

    public void Validate(MergeArguments arguments, List<string> faults)
    {
    }

    public TensorBlend Decide(MergeTensor tensor, MergeArguments arguments) =>
        tensor.AllEqual ? tensor.CopyModel(0, "copied: no adapter") : tensor.Sum([1], "adapter folded in");

    public TensorBlend? Average(MergeTensor tensor, MergeArguments arguments) => null;
}
