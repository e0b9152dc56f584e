using System.Diagnostics;
using System.Globalization;

namespace OnnxEmbed.Benchmarks.Measuring;

/// <summary>A command in a process of its own: what it printed, how long it took, the memory that was its own.</summary>
/// <param name="Output">Standard output.</param>
/// <param name="Milliseconds">Wall time, start of the process included.</param>
/// <param name="PeakPrivateMegabytes">Largest sampled anonymous resident memory (10^6 bytes); mapped files do not count.</param>
/// <param name="BusyElsewhere">Share of the machine that other processes used meanwhile, in [0, 1].</param>
internal sealed record ChildRun(string Output, double Milliseconds, double PeakPrivateMegabytes, double BusyElsewhere)
{
    private const int SampleMilliseconds = 5;

    /// <summary>Clock ticks per second of /proc, which Linux fixes at 100 for programs.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Runs a command of this program.</summary>
    public static ChildRun OfSelf(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        Of("dotnet", [Environment.GetCommandLineArgs()[0], .. arguments], environment);

    /// <exception cref="InvalidOperationException">The command did not exit with 0.</exception>
    public static ChildRun Of(string file, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        long? busy = Machine.BusyTicks();
        long began = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        double peak = 0;
        double ownSeconds = 0;
        while (!process.WaitForExit(SampleMilliseconds))
        {
            peak = Math.Max(peak, AnonymousMegabytes(process.Id));
            ownSeconds = ProcessorSeconds(process) ?? ownSeconds;
        }

        double milliseconds = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        double allSeconds = (Machine.BusyTicks() - busy) / TicksPerSecond ?? ownSeconds;
        double elsewhere = Math.Max(0, allSeconds - ownSeconds) / (milliseconds / 1000 * Environment.ProcessorCount);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{file} {string.Join(' ', arguments)}: exit {process.ExitCode}\n{errors.Result}");
        }

        return new ChildRun(output.Result, milliseconds, peak, Math.Min(1, elsewhere));
    }

    /// <summary>Processor time so far; null once the process has ended, when Linux no longer tells.</summary>
    private static double? ProcessorSeconds(Process process)
    {
        try
        {
            process.Refresh();
            return process.TotalProcessorTime.TotalSeconds;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>RssAnon: resident pages that belong to no file (proc_pid_status(5)).</summary>
    private static double AnonymousMegabytes(int process)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
            return line is null ? 0 : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024 / 1e6;
        }
        catch (IOException)
        {
            // The process ended between the question and the answer.
            return 0;
        }
    }
}
