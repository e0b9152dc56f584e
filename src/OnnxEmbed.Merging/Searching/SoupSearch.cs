namespace OnnxEmbed.Merging.Searching;

/// <summary>Ways to choose the models of an average, or their weights, by scores of the models.</summary>
public static class SoupSearch
{
    /// <summary>The merge with those models in it that a greedy soup keeps, each with weight 1.</summary>
    /// <param name="merge">A weighted average of the models.</param>
    /// <param name="own">Score of each model alone; higher is better.</param>
    /// <param name="score">Score of a merge; higher is better.</param>
    public static (GreedySoup Soup, MergeOptions Merge) Greedy(MergeOptions merge, IReadOnlyList<double> own, Func<MergeOptions,
        double> score)
    {
        ArgumentNullException.ThrowIfNull(merge);
        ArgumentNullException.ThrowIfNull(score);
        MergeOptions Of(IReadOnlyList<int> members) =>
            merge with { Inputs = [.. members.Select(model => merge.Inputs[model] with { Weight = 1 })] };

        GreedySoup soup = GreedySoup.Choose(own, members => score(Of(members)));
        return (soup, Of(soup.Members));
    }

    /// <summary>The merge with LM-Cocktail's weights: softmax(-loss/τ) over the models.</summary>
    /// <param name="merge">A weighted average of the models.</param>
    /// <param name="losses">Loss of each model on the examples.</param>
    /// <param name="temperature">τ above 0.</param>
    public static MergeOptions Cocktail(MergeOptions merge, IReadOnlyList<double> losses, double temperature)
    {
        ArgumentNullException.ThrowIfNull(merge);
        IReadOnlyList<double> weights = SoupWeights.Cocktail(losses, temperature);
        return merge with { Inputs = [.. merge.Inputs.Zip(weights, (input, weight) => input with { Weight = weight })] };
    }
}
