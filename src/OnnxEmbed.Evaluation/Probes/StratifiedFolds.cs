using OnnxEmbed.Evaluation.Clustering;
using OnnxEmbed.Evaluation.Statistics;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation.Probes;

/// <summary>Folds for cross-validation in which every label is spread as evenly as can be.</summary>
public static class StratifiedFolds
{
    /// <summary>The fold [n] of each item, in [0, folds - 1].</summary>
    /// <param name="labels">Label [n] of each item.</param>
    /// <param name="groups">Group [n] of each item, such as its generated pair: a group lies in one fold. Null: each item alone.</param>
    /// <param name="folds">Number of folds, at least 2.</param>
    /// <param name="seed">Seed of the order in which items are dealt.</param>
    /// <exception cref="OptionException">Fewer than 2 folds.</exception>
    /// <exception cref="EvaluationException">Fewer items or groups than folds, a label with a single item, or lengths that
    /// differ.</exception>
    public static int[] Assign(ReadOnlySpan<int> labels, ReadOnlySpan<int> groups, int folds, ulong seed)
    {
        if (folds < 2)
            throw new OptionException($"cross-validation: needs at least 2 folds, got {folds}");
        if (!groups.IsEmpty && groups.Length != labels.Length)
            throw new EvaluationException($"cross-validation: needs one group for each of {labels.Length} items, got {groups.Length}");
        LabelSet set = LabelSet.Encode(labels);
        LabelSet units = LabelSet.Encode(groups.IsEmpty ? [.. Enumerable.Range(0, labels.Length)] : groups);
        if (units.Count < folds)
            throw new EvaluationException(
                $"cross-validation: needs at least {folds} {(groups.IsEmpty ? "items" : "groups")}, got {units.Count}");
        if (set.Counts.Min() < 2)
            throw new EvaluationException(
                $"cross-validation: needs at least 2 items of each label, got 1 of label {set.Values[Array.IndexOf(set.Counts, 1)]}");
        int[][] members = [.. units.OrderByCode().GroupBy(item => units.Codes[item]).Select(unit => unit.ToArray())];

        // Large groups first, shuffled among equals; each goes where its labels are rarest.
        new RandomStream(seed).Shuffle(members.AsSpan());
        int[] fold = new int[labels.Length];
        int[] sizes = new int[folds];
        double[] shares = new double[folds * set.Count];
        foreach (int[] unit in members.OrderByDescending(unit => unit.Length).ThenBy(unit => set.Codes[unit[0]]))
        {
            int best = 0;
            double least = double.PositiveInfinity;
            for (int candidate = 0; candidate < folds; candidate++)
            {
                double cost = 0;
                foreach (int item in unit)
                    cost += shares[(candidate * set.Count) + set.Codes[item]] / set.Counts[set.Codes[item]];
                if (cost < least || (cost == least && sizes[candidate] < sizes[best]))
                    (best, least) = (candidate, cost);
            }

            foreach (int item in unit)
            {
                fold[item] = best;
                shares[(best * set.Count) + set.Codes[item]]++;
            }

            sizes[best] += unit.Length;
        }

        return fold;
    }
}
