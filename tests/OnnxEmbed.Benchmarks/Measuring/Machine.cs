using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace OnnxEmbed.Benchmarks.Measuring;

/// <summary>What the figures were measured on, and how much of it other processes used meanwhile.</summary>
internal static class Machine
{
    public static string Describe(int threads)
    {
        string cpu = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown CPU"
            : "unknown CPU";
        double gigabytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"machine: {cpu}, {Environment.ProcessorCount} cores, {gigabytes:F0} GB, {RuntimeInformation.OSDescription.Trim()}; {threads} threads; "
            + $".NET {Environment.Version}, ONNX Runtime {OrtEnv.Instance().GetVersionString()}, TorchSharp {typeof(TorchSharp.torch).Assembly.GetName().Version!.ToString(3)}");
    }

    /// <summary>Processor time that everything on the machine has used since it started, in clock ticks; null where it is not known.</summary>
    public static long? BusyTicks()
    {
        if (!File.Exists("/proc/stat"))
        {
            return null;
        }

        // user nice system idle iowait irq softirq steal
        string[] fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Skip(1).Take(8).Where((_, i) => i is not 3 and not 4).Sum(field => long.Parse(field, CultureInfo.InvariantCulture));
    }
}
