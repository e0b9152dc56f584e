using System.Globalization;
using System.Text.Json;
using OnnxEmbed.Benchmarks.Measuring;

namespace OnnxEmbed.Benchmarks.Steps;

/// <summary>Where the time of a training step goes, by operator and by the shape of each product, from ONNX Runtime's own profile.</summary>
internal static class StepProfile
{
    private const int Steps = 5;
    private const int RowsShown = 40;

    /// <param name="directory">Folder with the trace that ONNX Runtime wrote.</param>
    /// <param name="runs">Runs in the trace, the first two of which are not counted.</param>
    public static void Write(string directory, int runs)
    {
        string trace = Directory.GetFiles(directory, "*.json").Single();
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(trace));
        JsonElement[] kernels = document.RootElement.EnumerateArray()
            .Where(entry => entry.GetProperty("cat").GetString() == "Node" && entry.GetProperty("name").GetString()!.EndsWith("_kernel_time", StringComparison.Ordinal))
            .OrderBy(entry => entry.GetProperty("ts").GetInt64())
            .ToArray();
        int perRun = kernels.Length / runs;
        JsonElement[] counted = kernels[(2 * perRun)..];
        double scale = 1e-3 / (runs - 2);
        Print("operator", counted.GroupBy(entry => Argument(entry, "op_name")), scale);
        Print("product", counted.Where(entry => Argument(entry, "op_name") is "Gemm" or "MatMul" or "FusedMatMul" or "Rows" or "Transpose").GroupBy(Product), scale);
    }

    public static int Run(Func<string, int, double[]> measure)
    {
        string directory = Directory.CreateTempSubdirectory("onnxembed-profile-").FullName;
        try
        {
            double[] milliseconds = measure(Path.Combine(directory, "step"), Steps);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {Numbers.Median(milliseconds):F1} ms, of processor time {StepTimes.ProcessorTime:F1} ms, with the profiler on"));
            Write(directory, Steps + StepTimes.WarmUp);
            return 0;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Print(string title, IEnumerable<IGrouping<string, JsonElement>> groups, double scale)
    {
        Table table = new(title, "ms a step", "calls in all");
        foreach (IGrouping<string, JsonElement> group in groups.OrderByDescending(Total).Take(RowsShown))
        {
            table.Row(group.Key, (Total(group) * scale).ToString("F2", CultureInfo.InvariantCulture), group.Count().ToString(CultureInfo.InvariantCulture));
        }

        table.Write(Console.Out);
    }

    private static double Total(IEnumerable<JsonElement> entries) => entries.Sum(entry => (double)entry.GetProperty("dur").GetInt64());

    private static string Argument(JsonElement entry, string name) => entry.GetProperty("args").GetProperty(name).GetString()!;

    private static string Product(JsonElement entry)
    {
        IEnumerable<string> shapes = entry.GetProperty("args").GetProperty("input_type_shape").EnumerateArray()
            .Select(input => string.Join('x', input.EnumerateObject().Single().Value.EnumerateArray().Select(extent => extent.GetInt64())));
        IEnumerable<string> result = entry.GetProperty("args").GetProperty("output_type_shape").EnumerateArray()
            .Select(output => string.Join('x', output.EnumerateObject().Single().Value.EnumerateArray().Select(extent => extent.GetInt64())));
        return $"{Argument(entry, "op_name")} {string.Join(" · ", shapes)} → {string.Join(", ", result)}";
    }
}
