using System.Diagnostics;
using System.Globalization;
using OnnxEmbed.Benchmarks.Measuring;
using OnnxEmbed.Merging;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Benchmarks.Files;

/// <summary>
/// SLERP of two files of 100 million parameters beside copying one of them with the system's cp, each in a process of its own. A merge
/// reads two files and writes one where a copy reads and writes one. The inputs lie in the page cache.
/// </summary>
internal static class SlerpBenchmark
{
    private const int Layers = 25;
    private const int Rows = 2000;
    private const int Columns = 2000;

    /// <summary>Targets: at most so many times the copy, and less private memory than this.</summary>
    private const double TargetRatio = 2;
    private const double TargetMegabytes = 150;

    public static void Run(int threads, int rounds, int steps)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("onnxembed-bench-");
        try
        {
            string first = Path.Combine(folder.FullName, "a.onnx");
            string second = Path.Combine(folder.FullName, "b.onnx");
            string output = Path.Combine(folder.FullName, "out.onnx");
            Write(first, seed: 1);
            Write(second, seed: 2);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"SLERP of two files of {(double)Layers * Rows * Columns / 1e6:F0} M parameters (f32, {new FileInfo(first).Length / 1e6:F0} MB each)"));
            List<double> slerp = [];
            List<double> whole = [];
            List<double> copy = [];
            double memory = 0;
            double load = 0;
            for (int round = 0; round < rounds; round++)
            {
                ChildRun merge = ChildRun.OfSelf(["slerp", first, second, output, threads.ToString(CultureInfo.InvariantCulture)]);
                slerp.Add(double.Parse(merge.Output, CultureInfo.InvariantCulture));
                whole.Add(merge.Milliseconds);
                memory = Math.Max(memory, merge.PeakPrivateMegabytes);
                load = Math.Max(load, merge.BusyElsewhere);
                Array.ForEach(folder.GetFiles("out*"), file => file.Delete());
                copy.Add(ChildRun.Of("cp", [first, output]).Milliseconds);
                File.Delete(output);
            }

            double cp = Numbers.Median(copy);
            Table table = new("", "ms", "times the copy", "anonymous MB", "other load");
            table.Row("cp of one file", Numbers.Text(cp), "1.00", "", "");
            table.Row("slerp", Numbers.Text(Numbers.Median(slerp)), Numbers.Text(Numbers.Median(slerp) / cp), "", "");
            table.Row(
                "slerp, process start included", Numbers.Text(Numbers.Median(whole)), Numbers.Text(Numbers.Median(whole) / cp), Numbers.Text(memory), $"{100 * load:F0} %");
            table.Write(Console.Out);
            Console.WriteLine($"  target: at most {TargetRatio} times the copy, private memory below {TargetMegabytes} MB");
            Console.WriteLine();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The merge itself, for the process that is measured.</summary>
    /// <returns>Its milliseconds.</returns>
    public static double Merge(string first, string second, string output, int threads)
    {
        long start = Stopwatch.GetTimestamp();
        Merging.Merge.Run(new MergeOptions
        {
            Method = MergeMethods.Slerp,
            Inputs = [new MergeInput(first), new MergeInput(second)],
            Output = output,
            Parameters = new Dictionary<string, string> { ["t"] = "0.5" },
            DegreeOfParallelism = threads,
        });
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <summary>A chain of products, so that every weight is used.</summary>
    private static void Write(string path, int seed)
    {
        Random random = new(seed);
        GraphBuilder graph = new();
        Value x = graph.Input("x", ElementType.Float32, "n", Rows);
        float[] values = new float[Rows * Columns];
        for (int layer = 0; layer < Layers; layer++)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = random.NextSingle() - 0.5f;
            }

            x = graph.MatMul(x, graph.Initializer($"layers.{layer}.weight", TensorData.From<float>(values, Rows, Columns)));
        }

        graph.Output(x, "y");
        using OnnxModel model = graph.Build();
        model.Save(path);
    }
}
