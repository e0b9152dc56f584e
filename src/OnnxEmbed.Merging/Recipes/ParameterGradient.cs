namespace OnnxEmbed.Merging.Recipes;

/// <summary>
/// Values over depth, as mergekit's documentation describes them: numbers at equal distances from the first layer to the last, straight
/// lines between; words and flags change at whole steps.
/// </summary>
internal static class ParameterGradient
{
    /// <summary>The number at a depth in [0, 1].</summary>
    public static double At(IReadOnlyList<double> values, double depth)
    {
        double place = depth * (values.Count - 1);
        int left = Math.Min((int)place, values.Count - 1);
        double share = place - left;
        return share == 0 ? values[left] : ((1 - share) * values[left]) + (share * values[left + 1]);
    }

    /// <summary>The word at a depth in [0, 1].</summary>
    public static T StepAt<T>(IReadOnlyList<T> values, double depth) => values[(int)(depth * (values.Count - 1))];
}
