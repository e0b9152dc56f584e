using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging;

/// <summary>
/// Chooses which models go into a uniform average: from the best single model on, each next one stays if the average does not get worse by
/// it
/// (M. Wortsman et al., "Model soups", arXiv:2203.05482, recipe 1).
/// </summary>
/// <param name="Steps">What was tried, in order.</param>
public sealed record GreedySoup(IReadOnlyList<GreedySoupStep> Steps)
{
    /// <summary>The models of the soup in the order in which they were added.</summary>
    public IReadOnlyList<int> Members => [.. Steps.Where(step => step.IsKept).Select(step => step.Model)];

    /// <summary>Score of the soup.</summary>
    public double Score => Steps.Last(step => step.IsKept).SoupScore;

    /// <summary>Chooses the models. Models of one score are tried in their order.</summary>
    /// <param name="scores">Score of each model alone; higher is better.</param>
    /// <param name="scoreOfAverage">
    /// Merges the models of the given indexes with equal weights and scores the result; called once for each model but the best.
    /// </param>
    /// <exception cref="OptionException">There is no model, or a score is NaN.</exception>
    public static GreedySoup Choose(IReadOnlyList<double> scores, Func<IReadOnlyList<int>, double> scoreOfAverage)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(scoreOfAverage);
        if (scores.Count == 0 || scores.Any(double.IsNaN))
        {
            string got = scores.Count == 0 ? "none" : Text.Numbers(scores);
            throw new OptionException($"greedy soup: needs the score of one model or more, got {got}");
        }

        int[] order = [.. Enumerable.Range(0, scores.Count).OrderByDescending(model => scores[model])];
        List<GreedySoupStep> steps = [new(order[0], scores[order[0]], scores[order[0]], true)];
        List<int> members = [order[0]];
        double best = scores[order[0]];
        foreach (int model in order.Skip(1))
        {
            double score = scoreOfAverage([.. members, model]);
            bool kept = score >= best;
            steps.Add(new GreedySoupStep(model, scores[model], score, kept));
            if (kept)
            {
                members.Add(model);
                best = score;
            }
        }

        return new GreedySoup(steps);
    }
}
