using OnnxEmbed.Evaluation.Clustering;

namespace OnnxEmbed.Evaluation.Probes;

/// <summary>Accuracy of predictions, and the baselines it has to beat.</summary>
public static class Accuracy
{
    /// <summary>Share of predictions that equal the label, in [0, 1].</summary>
    /// <exception cref="EvaluationException">The two differ in length or are empty.</exception>
    public static double Of(ReadOnlySpan<int> predicted, ReadOnlySpan<int> labels)
    {
        RequireSameLength(predicted.Length, labels.Length);
        int right = 0;
        for (int i = 0; i < labels.Length; i++)
            right += predicted[i] == labels[i] ? 1 : 0;
        return right / (double)labels.Length;
    }

    /// <summary>Accuracy on <paramref name="test"/> of always saying the most frequent label of <paramref name="train"/> (on a tie the
    /// smallest).</summary>
    /// <exception cref="EvaluationException">Either is empty.</exception>
    public static double Majority(ReadOnlySpan<int> train, ReadOnlySpan<int> test)
    {
        RequireSameLength(Math.Min(train.Length, 1), Math.Min(test.Length, 1));
        LabelSet set = LabelSet.Encode(train);
        int majority = set.Values[Array.IndexOf(set.Counts, set.Counts.Max())];
        return test.Count(majority) / (double)test.Length;
    }

    /// <summary>Expected accuracy on <paramref name="test"/> of drawing labels with the frequencies of <paramref name="train"/>.</summary>
    /// <exception cref="EvaluationException">Either is empty.</exception>
    public static double Chance(ReadOnlySpan<int> train, ReadOnlySpan<int> test)
    {
        RequireSameLength(Math.Min(train.Length, 1), Math.Min(test.Length, 1));
        LabelSet set = LabelSet.Encode(train);
        double expected = 0;
        for (int code = 0; code < set.Count; code++)
            expected += set.Counts[code] / (double)train.Length * test.Count(set.Values[code]) / test.Length;
        return expected;
    }

    internal static void RequireSameLength(int predicted, int labels)
    {
        if (predicted != labels || labels == 0)
            throw new EvaluationException($"accuracy: needs as many labels as predictions, at least 1, got {labels} and {predicted}");
    }
}
