using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// t·mean(wᵢ) + (1-t)·base with t = N·c/(1 + (N-1)·c), c the mean cosine between each two task vectors (D.-H. Jang et al., "Model Stock",
/// arXiv:2403.19522, eq. 2-4), for each tensor or for each row. t is kept in [0, 1]: task vectors that point apart (c below 0) would lead
/// away
/// from the models, and at c = -1/(N-1) to infinity.
/// </summary>
internal sealed class ModelStockRule : IMergeRule
{
    public const string FilterWise = "filter_wise";

    /// <summary>mergekit divides a dot product by no product of norms below this.</summary>
    private const double MergekitNorms = 1e-6;

    public void Validate(MergeArguments arguments, List<string> faults)
    {
    }

    public TensorBlend Decide(MergeTensor tensor, MergeArguments arguments)
    {
        if (tensor.AllEqual)
        {
            return tensor.CopyBase("copied: equal in all models");
        }

        int count = tensor.ModelCount;
        if (arguments.Flag(FilterWise) && tensor.Shape.Count > 1)
        {
            return ByRows(tensor, arguments.LikeMergekit);
        }

        double cosine = MeanCosine(tensor.TaskGram, arguments.LikeMergekit);
        double raw = Ratio(cosine, count);
        double ratio = Usable(raw, arguments.LikeMergekit);
        Dictionary<string, double> figures = new() { ["task_cosine"] = cosine, ["ratio"] = ratio };
        if (ratio == 0)
        {
            string? warning = cosine < 0 ? "the task vectors point apart (mean cosine below 0), so that nothing of them is taken" : null;
            return tensor.CopyBase("copied: the base, ratio 0") with { Figures = figures, Warning = warning };
        }

        return tensor.AddTasks([.. Enumerable.Repeat(ratio / count, count)], "model stock") with { Figures = figures };
    }

    private static TensorBlend ByRows(MergeTensor tensor, bool likeMergekit)
    {
        int count = tensor.ModelCount;
        RowLayout rows = tensor.Filters;
        RowFactors factors = new(rows, count);
        long[] kept = tensor.Tally(
            () => new long[1],
            (block, none) =>
            {
                double[] each = new double[count];
                for (int row = 0; row < block.RowCount; row++)
                {
                    GramSums gram = GramSums.Of(count, model => block.Task(model), row * block.RowLength, block.RowLength);
                    double ratio = Usable(Ratio(MeanCosine(gram, likeMergekit), count), likeMergekit);
                    none[0] += ratio == 0 ? 1 : 0;
                    Array.Fill(each, ratio / count);
                    factors.SetTasks(block.FirstRow + row, each);
                }
            },
            (total, part) => total[0] += part[0],
            rows);
        return tensor.Compute(factors.SumWithBase, "model stock by rows") with
        {
            Figures = new Dictionary<string, double> { ["rows"] = rows.Count, ["base_rows"] = kept[0] },
        };
    }

    /// <summary>Mean over all pairs; a task vector of zeros counts as orthogonal to all.</summary>
    private static double MeanCosine(GramSums gram, bool likeMergekit)
    {
        double sum = 0;
        for (int i = 0; i < gram.Count; i++)
        {
            for (int j = i + 1; j < gram.Count; j++)
            {
                PairSums pair = gram[i, j];
                double cosine = likeMergekit ? Math.Clamp(pair.Dot / Math.Max(pair.FirstNorm * pair.SecondNorm, MergekitNorms), -1, 1)
                    : pair.Cosine;
                sum += double.IsNaN(cosine) ? 0 : cosine;
            }
        }

        return sum / GramSums.PairCount(gram.Count);
    }

    private static double Ratio(double cosine, int count) => count * cosine / (1 + ((count - 1) * cosine));

    private static double Usable(double ratio, bool likeMergekit) =>
        !double.IsFinite(ratio) ? 0 : likeMergekit ? ratio : Math.Clamp(ratio, 0, 1);
}
