using System.Diagnostics;
using System.Globalization;
using OnnxEmbed.Benchmarks.Measuring;
using OnnxEmbed.Data;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Benchmarks.Throughput;

/// <summary>
/// Embedding of a Parquet file from end to end (reading, tokenising, running, writing) beside a bare ONNX Runtime loop over ideally sorted
/// batches and beside @huggingface/transformers with batches of 32 in input order, on the same package and texts.
/// </summary>
internal static class EmbedBenchmark
{
    /// <summary>Target: the pipeline reaches at least this share of the bare loop's throughput.</summary>
    private const double BareTarget = 0.9;

    /// <summary>Target: times the throughput of transformers.js on short texts of mixed length, and on long ones.</summary>
    private const double ShortTarget = 2;

    private const double LongTarget = 1;
    private const int ShortTexts = 20_000;
    private const int LongTexts = 2_000;

    public static void RunShort(int threads, int rounds, int steps) =>
        Measure("short texts of mixed length", EmbedTexts.Short(ShortTexts), ShortTarget, threads, rounds);

    public static void RunLong(int threads, int rounds, int steps) => Measure("long texts", EmbedTexts.Long(LongTexts), LongTarget, threads, rounds);

    private static void Measure(string what, string[] texts, double target, int threads, int rounds)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("onnxembed-bench-");
        try
        {
            ModelPackage package = ModelInit.Create(
                new ModelInitOptions { Architecture = "bert", HiddenSize = 192, Layers = 3, Heads = 6, MaxPositions = 512, Seed = 1 },
                Path.Combine(folder.FullName, "model"));
            string? missing = NodeEmbedding.Missing(out string node);
            Measure(what, texts, package, missing is null ? node : null, target, threads, rounds);
            if (missing is not null)
            {
                Console.WriteLine($"  skipped: the row of transformers.js needs Node and npm ({missing})");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Measure(string what, string[] texts, ModelPackage package, string? node, double target, int threads, int rounds)
    {
        string folder = Path.GetDirectoryName(package.FullPath)!;
        string data = Path.Combine(folder, "texts.parquet");
        new ParquetTable([Column.Of("text", texts)]).Write(data, force: true);
        using Embedder embedder = Embedder.Open(package, new EmbedderOptions(threads) { Sessions = threads });
        using BareLoop bare = new(package.ModelPath, texts, embedder.Tokenizer, package.MaxLength, embedder.Options.MaxTokensPerBatch, threads);
        string output = Path.Combine(folder, "out.parquet");
        long tokens = 0;
        void Pipeline() => tokens = EmbedPipeline
            .RunAsync(embedder, new EmbedPipelineOptions { InputPath = data, OutputPath = output, Force = true }).GetAwaiter().GetResult().Tokens;
        embedder.Embed(texts[..64]);
        List<(string Name, List<double> Seconds)> measured = [("bare ONNX Runtime loop", []), ("embed, Parquet to Parquet", [])];
        if (node is not null)
        {
            measured.Add(("transformers.js, batches of 32 in order", []));
        }

        for (int round = 0; round < rounds; round++)
        {
            measured[0].Seconds.Add(Seconds(bare.Run));
            measured[1].Seconds.Add(Seconds(Pipeline));
            if (node is not null)
            {
                (List<double> seconds, float[][] first) = NodeEmbedding.Run(node, package.FullPath, texts, threads, 1);
                measured[2].Seconds.AddRange(seconds);
                CheckSame(texts, embedder, first);
            }
        }

        double pipeline = Numbers.Median(measured[1].Seconds);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"embedding {texts.Length} {what}, {tokens} tokens (BERT, 3 layers of 192; {bare.Batches} batches of the bare loop; medians of {rounds})"));
        Table table = new("", "seconds", "texts/s", "tokens/s", "embed is", "target");
        foreach ((string name, List<double> seconds) in measured)
        {
            double median = Numbers.Median(seconds);
            string goal = name[0] == 'b' ? $"{BareTarget}" : name[0] == 't' ? $"{target}" : "";
            table.Row(
                name,
                Numbers.Text(median),
                Numbers.Text(texts.Length / median),
                Numbers.Text(tokens / median),
                goal.Length == 0 ? "" : Numbers.Text(median / pipeline) + " times as fast",
                goal);
        }

        table.Write(Console.Out);
    }

    private static void CheckSame(string[] texts, Embedder embedder, float[][] first)
    {
        EmbeddedTexts ours = embedder.Embed(texts[..first.Length]);
        for (int i = 0; i < first.Length; i++)
        {
            double worst = first[i].Zip(ours[i].ToArray(), (a, b) => Math.Abs(a - b)).Max();
            if (worst > 1e-4)
            {
                throw new InvalidOperationException($"transformers.js gives another vector for '{texts[i]}': {worst}");
            }
        }
    }

    private static double Seconds(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
