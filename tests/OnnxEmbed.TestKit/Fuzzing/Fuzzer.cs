using System.Diagnostics;
using System.Globalization;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.TestKit.Fuzzing;

/// <summary>
/// Feeds a reader with changed files. Only a <see cref="DataException"/> with a message of one line may come out of it, within a bounded time
/// and memory. <c>ONNXEMBED_FUZZ_INPUTS</c> sets how many files a test tries, <c>ONNXEMBED_FUZZ_SEED</c> the first seed.
/// </summary>
public static class Fuzzer
{
    // Generous for two busy cores; a reader that does not end is what is looked for.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private const long MostBytes = 512L << 20;

    /// <summary>Files that a test tries unless the environment says otherwise.</summary>
    public const int DefaultInputs = 400;

    /// <summary>Tries changed files one after another and reports those that break the rules.</summary>
    /// <param name="name">Name of a file, which the reader may look at.</param>
    /// <param name="make">Makes the bytes of a file.</param>
    /// <param name="read">Reads a file by its path.</param>
    /// <param name="report">Receives the seeds and how often files were accepted.</param>
    /// <param name="inputs">Number of files; null for what the environment says.</param>
    public static void Run(string name, Func<Random, byte[]> make, Action<string> read, Action<string> report, int? inputs = null)
    {
        int count = inputs ?? Number("ONNXEMBED_FUZZ_INPUTS", DefaultInputs);
        int first = Number("ONNXEMBED_FUZZ_SEED", 1);
        using TemporaryDirectory directory = new();
        string path = directory[name];
        List<string> faults = [];
        int accepted = 0;
        for (int seed = first; seed < first + count && faults.Count < 5; seed++)
        {
            byte[] bytes = make(new Random(seed));
            File.WriteAllBytes(path, bytes);
            (Exception? thrown, long allocated, TimeSpan taken) = Try(read, path);
            accepted += thrown is null ? 1 : 0;
            string? fault = thrown switch
            {
                null => null,
                DataException e when e.Message.Contains('\n', StringComparison.Ordinal) => $"a message of several lines: {e.Message}",
                DataException => null,
                _ => thrown.ToString(),
            };
            fault ??= taken > Longest ? $"took {taken.TotalSeconds:F0} s" : allocated > MostBytes ? $"allocated {allocated >> 20} MB" : null;
            if (fault is not null)
            {
                string kept = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"onnxembed-fuzz-{seed}-{name}"));
                File.Copy(path, kept, overwrite: true);
                faults.Add($"seed {seed} ({kept}): {fault}");
            }
        }

        report(string.Create(CultureInfo.InvariantCulture, $"{name}: seeds {first} to {first + count - 1}, {accepted} files accepted"));
        if (faults.Count > 0)
        {
            throw new InvalidOperationException(string.Join(Environment.NewLine, faults));
        }
    }

    private static (Exception? Thrown, long Allocated, TimeSpan Taken) Try(Action<string> read, string path)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Stopwatch watch = Stopwatch.StartNew();
        Exception? thrown = null;
        try
        {
            read(path);
        }
#pragma warning disable CA1031 // whatever comes out of the reader is what is looked for
        catch (Exception e)
#pragma warning restore CA1031
        {
            thrown = e;
        }

        return (thrown, GC.GetAllocatedBytesForCurrentThread() - before, watch.Elapsed);
    }

    private static int Number(string variable, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : fallback;
}
