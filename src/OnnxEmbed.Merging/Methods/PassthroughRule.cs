namespace OnnxEmbed.Merging.Methods;

/// <summary>The model as it is, or times a number (mergekit's documentation of passthrough).</summary>
internal sealed class PassthroughRule : IMergeRule
{
    public const string Scale = "scale";

    public bool Measures => false;

    public void Validate(MergeArguments arguments, List<string> faults)
    {
    }

    public TensorBlend Decide(MergeTensor tensor, MergeArguments arguments)
    {
        double scale = arguments.Number(Scale);
        return scale == 1 ? tensor.CopyModel(0, "copied") : tensor.Sum([scale], "scaled");
    }

    public TensorBlend? Average(MergeTensor tensor, MergeArguments arguments) => null;
}
