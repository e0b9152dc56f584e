using OnnxEmbed.Benchmarks.Files;
using OnnxEmbed.Benchmarks.Measuring;
using OnnxEmbed.Benchmarks.Metrics;
using OnnxEmbed.Benchmarks.Steps;
using OnnxEmbed.Benchmarks.Throughput;

namespace OnnxEmbed.Benchmarks;

/// <summary>Everything that `make bench` measures, side by side in one run; `--only embed` is every name that begins so.</summary>
internal static class BenchCommand
{
    private static readonly (string Name, Action<int, int, int> Run)[] Benchmarks =
    [
        ("step", StepBenchmark.Run),
        ("embed-short", EmbedBenchmark.RunShort),
        ("embed-long", EmbedBenchmark.RunLong),
        ("embed-memory", EmbedMemory.Run),
        ("tokenize", TokenizeBenchmark.Run),
        ("merge", MergeBenchmark.Run),
        ("silhouette", SilhouetteBenchmark.Run),
    ];

    public static int Run(string[] args, int threads)
    {
        int rounds = 5;
        int steps = 8;
        string[] only = Benchmarks.Select(benchmark => benchmark.Name).ToArray();
        for (int i = 0; i + 1 < args.Length; i += 2)
        {
            switch (args[i])
            {
                case "--rounds":
                    rounds = Numbers.Int(args[i + 1]);
                    break;
                case "--steps":
                    steps = Numbers.Int(args[i + 1]);
                    break;
                case "--only":
                    only = args[i + 1].Split(',');
                    break;
                default:
                    Console.Error.WriteLine($"unknown option {args[i]}; known: --rounds, --steps, --only");
                    return 2;
            }
        }

        Console.WriteLine(Machine.Describe(threads));
        Console.WriteLine();
        foreach ((string name, Action<int, int, int> run) in Benchmarks.Where(benchmark => only.Any(name => benchmark.Name == name || benchmark.Name.StartsWith(name + "-", StringComparison.Ordinal))))
        {
            run(threads, rounds, steps);
        }

        return 0;
    }
}
