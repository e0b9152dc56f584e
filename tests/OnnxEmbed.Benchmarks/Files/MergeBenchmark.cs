using System.Globalization;
using OnnxEmbed.Benchmarks.Measuring;
using OnnxEmbed.Benchmarks.Steps;

namespace OnnxEmbed.Benchmarks.Files;

/// <summary>
/// Merges beside copying one of the inputs with the system's cp, each in a process of its own. A copy reads one file and writes one. The
/// inputs lie in the page cache; nothing waits for the disk.
/// </summary>
internal static class MergeBenchmark
{
    /// <summary>Private memory of a merge stays below this.</summary>
    private const double TargetMebibytes = 64;

    private const double MebibytesPerMegabyte = 1e6 / (1 << 20);

    public static void Run(int threads, int rounds, int steps) => Run(WeightFiles.BertBase, MergeCase.All, threads, rounds);

    /// <summary>The same with two files of 4 GB.</summary>
    public static void RunLarge(int threads, int rounds) =>
        Run(WeightFiles.FourGigabytes, [MergeCase.Slerp, MergeCase.Soup with { Title = "soup of two", Inputs = 2 }], threads, rounds);

    private static void Run(IReadOnlyList<(string Name, long[] Shape)> tensors, IReadOnlyList<MergeCase> cases, int threads, int rounds)
    {
        long size = WeightFiles.BytesOf(tensors);
        int count = cases.Max(merge => merge.Inputs);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"merging files of {size / 4e6:F1} M parameters (f32, {size / 1e6:F0} MB each), timed in process after a warm-up"));
        DirectoryInfo folder = Directory.CreateTempSubdirectory("onnxembed-bench-");
        try
        {
            long needed = size * (count + 1);
            long free = new DriveInfo(folder.FullName).AvailableFreeSpace;
            if (free < needed)
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"  skipped: needs {needed / 1e9:F1} GB of disk at {folder.FullName}, there are {free / 1e9:F1} GB"));
                return;
            }

            string[] inputs = [.. Enumerable.Range(0, count).Select(i => Path.Combine(folder.FullName, $"{i}.onnx"))];
            for (int i = 0; i < count; i++)
            {
                WeightFiles.Write(inputs[i], tensors, (uint)i + 1);
            }

            // While the inputs are on their way to the disk, whoever writes is held back.
            ChildRun.Of("sync", ["--file-system", folder.FullName]);
            Measure(cases, inputs, Path.Combine(folder.FullName, "out.onnx"), threads, rounds);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Measure(IReadOnlyList<MergeCase> cases, string[] inputs, string output, int threads, int rounds)
    {
        string data = File.Exists(inputs[0] + "_data") ? inputs[0] + "_data" : inputs[0];
        List<double> copy = [];
        List<ChildRun>[] runs = [.. cases.Select(_ => new List<ChildRun>())];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < cases.Count; i++)
            {
                // Each is timed the second time: a virtual machine must first be given the memory that the output takes in the page cache.
                Copy(data, output);
                copy.Add(Copy(data, output));
                runs[i].Add(ChildRun.OfSelf(
                [
                    "merge", cases[i].Method, cases[i].Parameters, threads.ToString(CultureInfo.InvariantCulture), "1", output, .. inputs.Take(cases[i].Inputs),
                ]));
            }
        }

        Print(cases, copy, runs);
    }

    private static double Copy(string data, string output)
    {
        double milliseconds = ChildRun.Of("cp", ["--reflink=never", data, output]).Milliseconds;
        File.Delete(output);
        return milliseconds;
    }

    private static void Print(IReadOnlyList<MergeCase> cases, List<double> copy, List<ChildRun>[] runs)
    {
        double cp = Numbers.Median(copy);
        Table table = new("", "ms", "times the copy", "target", "private MiB", "ms with start and warm-up", "other load");
        table.Row("cp of one file", Numbers.Text(cp), "1.00", "", "", "", "");
        for (int i = 0; i < cases.Count; i++)
        {
            double milliseconds = Numbers.Median(runs[i].SelectMany(run => StepTimes.Parse(run.Output)));
            table.Row(
                cases[i].Title,
                Numbers.Text(milliseconds),
                Numbers.Text(milliseconds / cp),
                Numbers.Text(cases[i].TargetRatio),
                Numbers.Text(runs[i].Max(run => run.PeakPrivateMegabytes) * MebibytesPerMegabyte),
                Numbers.Text(Numbers.Median(runs[i].Select(run => run.Milliseconds))),
                $"{100 * runs[i].Max(run => run.BusyElsewhere):F0} %");
        }

        table.Write(Console.Out);
        Console.WriteLine($"  target for private memory: below {TargetMebibytes} MiB");
        Console.WriteLine();
    }
}
