using System.Globalization;
using OnnxEmbed.Benchmarks.Measuring;

namespace OnnxEmbed.Benchmarks.Steps;

/// <summary>
/// Training steps here and in libtorch. Each measurement is a process of its own; the cases take turns, so that a disturbance meets all
/// of them; the figure is the median over the rounds of the median step.
/// </summary>
internal static class StepBenchmark
{
    /// <summary>Target: a LoRA step takes at most this share of TorchSharp's time.</summary>
    private const double Target = 0.60;

    /// <summary>
    /// At 8192 tokens glibc returns libtorch's buffers to the system after each use and faults them in again; this keeps them. TorchSharp
    /// as shipped does not do so.
    /// </summary>
    private static readonly Dictionary<string, string> KeepMemory = new()
    {
        ["MALLOC_MMAP_MAX_"] = "0",
        ["MALLOC_TRIM_THRESHOLD_"] = "17179869184",
        ["MALLOC_TOP_PAD_"] = "67108864",
    };

    public static void Run(int threads, int rounds, int steps)
    {
        Console.WriteLine("Training step (Llama: V 4096, D 384, 6 layers, 6 heads, SwiGLU 1024; 64 sequences, InfoNCE, clipping, AdamW; LoRA r 16 on all 7 linear layers)");
        Table table = new("case", "onnxembed ms", "torch ms", "ratio", "torch+malloc ms", "ratio", "other load");
        foreach ((string kind, int length) in ((string, int)[])[("lora", 32), ("lora", 128), ("full", 32), ("full", 128)])
        {
            string[] arguments = [kind, Text(length), Text(threads), Text(steps)];
            List<double> ours = [];
            List<double> torch = [];
            List<double> kept = [];
            List<double> load = [];
            for (int round = 0; round < rounds; round++)
            {
                Add(ours, load, ChildRun.OfSelf(["onnx-step", .. arguments]));
                Add(torch, load, ChildRun.OfSelf(["torch-step", .. arguments]));
                Add(kept, load, ChildRun.OfSelf(["torch-step", .. arguments], KeepMemory));
            }

            (double own, double plain, double raised) = (Numbers.Median(ours), Numbers.Median(torch), Numbers.Median(kept));
            table.Row(
                $"{(kind == "lora" ? "LoRA" : "full")} T={length}",
                Numbers.Text(own),
                Numbers.Text(plain),
                Numbers.Text(own / plain),
                Numbers.Text(raised),
                Numbers.Text(own / raised),
                $"{100 * load.Max():F0} %");
        }

        table.Write(Console.Out);
        Console.WriteLine($"  products alone, f32, GF/s: onnxembed {Rate("own")}, ONNX Runtime's kernels {Rate("standard")}, torch {Rate("torch")}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  target: LoRA at most {Target} of torch at T=32 and T=128"));
        Console.WriteLine();
    }

    private static string Rate(string kernels) => Numbers.Text(StepTimes.Parse(ChildRun.OfSelf(["product-rate", kernels]).Output)[0]);

    private static void Add(List<double> medians, List<double> load, ChildRun run)
    {
        medians.Add(Numbers.Median(StepTimes.Parse(run.Output)));
        load.Add(run.BusyElsewhere);
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
