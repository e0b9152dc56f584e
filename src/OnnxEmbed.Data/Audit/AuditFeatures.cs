using OnnxEmbed.Data.Arithmetic;

namespace OnnxEmbed.Data.Audit;

/// <summary>What the probes of the leak audit see of a sequence: nothing that depends on the order of its elements.</summary>
internal static class AuditFeatures
{
    /// <summary>Length, characters, and of the decimal logarithms mean, spread, smallest, largest and every one in rising order.</summary>
    public static double[] Magnitudes(ReadOnlySpan<long> sequence, long characters)
    {
        double[] logs = new double[sequence.Length];
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < logs.Length; i++)
        {
            logs[i] = Math.Log10(Math.Max(1, sequence[i]));
            sum += logs[i];
            squares += logs[i] * logs[i];
        }

        Array.Sort(logs);
        double mean = sum / logs.Length;
        double spread = Math.Sqrt(Math.Max(0, (squares / logs.Length) - (mean * mean)));
        return [sequence.Length, characters, mean, spread, logs[^1] - logs[0], .. logs];
    }

    /// <summary>
    /// How often each digit occurs at all (10), as a last digit (10) and as a first digit (9), each over the number of places.
    /// </summary>
    public static double[] DigitCounts(ReadOnlySpan<long> sequence)
    {
        double[] counts = new double[29];
        int digits = 0;
        foreach (long n in sequence)
        {
            digits += Digits.Count(n);
        }

        foreach (long n in sequence)
        {
            long rest = n;
            counts[10 + (int)(n % 10)] += 1.0 / sequence.Length;
            do
            {
                counts[(int)(rest % 10)] += 1.0 / digits;
                if (rest < 10)
                {
                    counts[19 + (int)Math.Max(rest, 1)] += 1.0 / sequence.Length;
                }

                rest /= 10;
            }
            while (rest > 0);
        }

        return counts;
    }
}
