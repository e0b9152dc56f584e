using System.Diagnostics;
using System.Globalization;

namespace OnnxEmbed.Benchmarks.Steps;

/// <summary>Times of training steps, as one process prints them for another.</summary>
internal static class StepTimes
{
    /// <summary>Steps that are not counted.</summary>
    public const int WarmUp = 3;

    /// <summary>Processor time of a step of the last measurement, all threads together, in milliseconds: less disturbed by other processes.</summary>
    public static double ProcessorTime { get; private set; }

    /// <summary>Runs a step several times.</summary>
    /// <returns>Milliseconds of each step after the warm-up.</returns>
    public static double[] Measure(int steps, Action step)
    {
        double[] milliseconds = new double[steps];
        TimeSpan before = default;
        for (int i = -WarmUp; i < steps; i++)
        {
            if (i == 0)
            {
                before = Environment.CpuUsage.TotalTime;
            }

            long start = Stopwatch.GetTimestamp();
            step();
            if (i >= 0)
            {
                milliseconds[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }

        ProcessorTime = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / steps;
        return milliseconds;
    }

    public static string Print(double[] milliseconds) => string.Join(' ', milliseconds.Select(time => time.ToString("R", CultureInfo.InvariantCulture)));

    public static double[] Parse(string line) => line.Trim().Split(' ').Select(time => double.Parse(time, CultureInfo.InvariantCulture)).ToArray();
}
