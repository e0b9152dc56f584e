namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>Σ |x| in a fixed order: four lanes, element i in lane i mod 4.</summary>
internal static class MagnitudeSum
{
    public static double Of(ReadOnlySpan<double> values)
    {
        double first = 0, second = 0, third = 0, fourth = 0;
        int i = 0;
        for (; i <= values.Length - 4; i += 4)
        {
            first += Math.Abs(values[i]);
            second += Math.Abs(values[i + 1]);
            third += Math.Abs(values[i + 2]);
            fourth += Math.Abs(values[i + 3]);
        }

        for (; i < values.Length; i++)
        {
            first += Math.Abs(values[i]);
        }

        return (first + second) + (third + fourth);
    }
}
