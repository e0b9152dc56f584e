using System.Diagnostics;
using OnnxEmbed.Merging;

namespace OnnxEmbed.Benchmarks.Files;

/// <summary>One merge, as the process that is measured runs it.</summary>
internal static class MergeRun
{
    /// <summary>
    /// Merges once for the compiler and then for the clock. What is timed is the whole call: from opening the inputs to renaming the output,
    /// which is not forced to the disk, and closing them.
    /// </summary>
    /// <returns>Milliseconds of each merge after the first.</returns>
    public static double[] Measure(string method, string parameters, int threads, int times, string output, IReadOnlyList<string> inputs)
    {
        bool hasBase = MergeCase.All.Any(merge => merge.Method == method && merge.HasBase);
        MergeOptions options = new()
        {
            Method = MergeMethods.Find(method),
            Base = hasBase ? new MergeInput(inputs[0]) : null,
            Inputs = [.. inputs.Skip(hasBase ? 1 : 0).Select(path => new MergeInput(path))],
            Output = output,
            Parameters = parameters.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]),
            DegreeOfParallelism = threads,
        };
        double[] milliseconds = new double[times];
        for (int i = -1; i < times; i++)
        {
            long start = Stopwatch.GetTimestamp();
            Merge.Run(options);
            if (i >= 0)
            {
                milliseconds[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }

            Delete(output);
        }

        return milliseconds;
    }

    /// <summary>Deletes a merged file and what lies beside it.</summary>
    private static void Delete(string output) =>
        Array.ForEach(Directory.GetFiles(Path.GetDirectoryName(output)!, Path.GetFileName(output) + "*"), File.Delete);
}
