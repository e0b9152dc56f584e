namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// a·w + (1-a)·base with a = min(t/|w - base|, 1) element by element: the base moved towards the model by t at most, base + clamp(w - base,
/// -t, t).
/// Formula: mergekit's documentation of nearswap, which divides by no difference below 1e-6.
/// </summary>
internal sealed class NearswapRule : IMergeRule
{
    public const string T = "t";

    private const double MergekitDifference = 1e-6;

    public void Validate(MergeArguments arguments, List<string> faults)
    {
    }

    public TensorBlend Decide(MergeTensor tensor, MergeArguments arguments)
    {
        double t = arguments.Number(T);
        if (tensor.AllEqual || t == 0)
        {
            return tensor.CopyBase(tensor.AllEqual ? "copied: equal in both models" : "copied: t = 0");
        }

        // mergekit goes t/1e-6 of the way, the whole way at most, where the two are closer than that.
        double near = arguments.LikeMergekit ? MergekitDifference : 0;
        double share = Math.Min(t / MergekitDifference, 1);
        return tensor.Compute(
            (block, result) =>
            {
                ReadOnlySpan<double> from = block.Base;
                ReadOnlySpan<double> to = block.Model(0);
                for (int i = 0; i < result.Length; i++)
                {
                    double difference = to[i] - from[i];
                    double size = Math.Abs(difference);
                    result[i] = size < near ? from[i] + (difference * share) : size <= t ? to[i] : from[i] + Math.Clamp(difference, -t, t);
                }
            },
            "nearswap");
    }

    public TensorBlend? Average(MergeTensor tensor, MergeArguments arguments) => null;
}
