using System.Diagnostics;
using System.Globalization;

namespace OnnxEmbed.Benchmarks.Steps;

/// <summary>Times of training steps, as one process prints them for another.</summary>
internal static class StepTimes
{
    /// <summary>Steps that are not counted.</summary>
    public const int WarmUp = 3;

    /// <summary>Runs a step several times.</summary>
    /// <returns>Milliseconds of each step after the warm-up.</returns>
    public static double[] Measure(int steps, Action step)
    {
        double[] milliseconds = new double[steps];
        for (int i = -WarmUp; i < steps; i++)
        {
            long start = Stopwatch.GetTimestamp();
            step();
            if (i >= 0)
            {
                milliseconds[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }

        return milliseconds;
    }

    public static string Print(double[] milliseconds) => string.Join(' ', milliseconds.Select(time => time.ToString("R", CultureInfo.InvariantCulture)));

    public static double[] Parse(string line) => line.Trim().Split(' ').Select(time => double.Parse(time, CultureInfo.InvariantCulture)).ToArray();
}
