using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Benchmarks.Measuring;
using OnnxEmbed.Data;
using OnnxEmbed.Data.Text;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;

namespace OnnxEmbed.Benchmarks.Throughput;

/// <summary>
/// Embedding of a Parquet file from end to end (reading, tokenising, running, writing) beside a bare ONNX Runtime loop over the same
/// batches, whose tensors are made before the clock starts.
/// </summary>
internal static class EmbedBenchmark
{
    /// <summary>Target: the pipeline reaches at least this share of the bare loop's throughput.</summary>
    private const double Target = 0.9;

    private const int Texts = 4096;
    private const int ChunkRows = 1024;

    public static void Run(int threads, int rounds, int steps)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("onnxembed-bench-");
        try
        {
            string data = Path.Combine(folder.FullName, "text.parquet");
            NumberText.Write(data, new NumberTextOptions { Count = Texts, Seed = 1, MaxCharacters = 120 });
            ModelPackage package = ModelInit.Create(
                new ModelInitOptions { Architecture = "bert", HiddenSize = 256, Layers = 6, Heads = 8, Seed = 1 }, Path.Combine(folder.FullName, "model"));
            EmbedderOptions options = new(threads);
            using Embedder embedder = Embedder.Open(package, options);
            IReadOnlyList<string> texts = ParquetTable.Read(data, ["text"]).Strings("text");
            List<(OrtValue[] Inputs, int Rows)> batches = Batches(texts, embedder.Tokenizer, package.MaxLength, ChunkRows, options.MaxTokensPerBatch);
            using InferenceSession session = Session(package.ModelPath, threads);
            List<double> pipeline = [];
            List<double> embed = [];
            List<double> bare = [];
            long tokens = 0;
            for (int round = 0; round < rounds; round++)
            {
                bare.Add(Seconds(() => RunAll(session, batches)));
                pipeline.Add(Seconds(() => tokens = Pipeline(embedder, data, Path.Combine(folder.FullName, "out.parquet"))));
                embed.Add(Seconds(() => embedder.Embed(texts)));
            }

            double base_ = Numbers.Median(bare);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Embedding {Texts} texts, {tokens} tokens (BERT, 6 layers of 256; {batches.Count} batches)"));
            Table table = new("", "seconds", "tokens/s", "of the bare loop");
            foreach ((string name, List<double> seconds) in ((string, List<double>)[])[("bare ONNX Runtime loop", bare), ("Embedder, texts in memory", embed), ("pipeline, Parquet to Parquet", pipeline)])
            {
                double median = Numbers.Median(seconds);
                table.Row(name, Numbers.Text(median), Numbers.Text(tokens / median), Numbers.Text(base_ / median));
            }

            table.Write(Console.Out);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  target: pipeline at least {Target} of the bare loop"));
            Console.WriteLine();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static long Pipeline(Embedder embedder, string data, string output) =>
        EmbedPipeline.RunAsync(embedder, new EmbedPipelineOptions { InputPath = data, OutputPath = output, WindowRows = ChunkRows, Force = true }).GetAwaiter().GetResult().Tokens;

    private static InferenceSession Session(string model, int threads)
    {
        using SessionOptions options = new() { IntraOpNumThreads = threads, EnableMemoryPattern = false };
        return new InferenceSession(model, options);
    }

    /// <summary>The pipeline's batches: chunk by chunk, longest texts first, as many as fit the tokens.</summary>
    private static List<(OrtValue[] Inputs, int Rows)> Batches(IReadOnlyList<string> texts, ITextTokenizer tokenizer, int maxLength, int chunkRows, int maxTokens)
    {
        List<(OrtValue[] Inputs, int Rows)> batches = [];
        foreach (string[] chunk in texts.Chunk(chunkRows))
        {
            List<int>[] ids = chunk.Select(text =>
            {
                List<int> into = [];
                tokenizer.Encode(text, maxLength, into);
                return into;
            }).OrderByDescending(each => each.Count).ToArray();
            for (int start = 0; start < ids.Length;)
            {
                int length = ids[start].Count;
                int rows = Math.Clamp(maxTokens / Math.Max(1, length), 1, ids.Length - start);
                long[] input = new long[rows * length];
                long[] mask = new long[input.Length];
                for (int row = 0; row < rows; row++)
                {
                    for (int k = 0; k < length; k++)
                    {
                        bool present = k < ids[start + row].Count;
                        input[(row * length) + k] = present ? ids[start + row][k] : (tokenizer.PadId ?? 0);
                        mask[(row * length) + k] = present ? 1 : 0;
                    }
                }

                long[] shape = [rows, length];
                batches.Add((
                    [OrtValue.CreateTensorValueFromMemory(input, shape), OrtValue.CreateTensorValueFromMemory(mask, shape), OrtValue.CreateTensorValueFromMemory(new long[input.Length], shape)],
                    rows));
                start += rows;
            }
        }

        return batches;
    }

    private static void RunAll(InferenceSession session, List<(OrtValue[] Inputs, int Rows)> batches)
    {
        using RunOptions run = new();
        string[] names = [EncoderInputs.InputIdsName, EncoderInputs.AttentionMaskName, EncoderInputs.TokenTypeIdsName];
        foreach ((OrtValue[] inputs, int _) in batches)
        {
            using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, names, inputs, [EncoderGraph.SentenceEmbeddingName]);
        }
    }

    private static double Seconds(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
