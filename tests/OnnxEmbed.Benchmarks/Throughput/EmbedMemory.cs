using System.Globalization;
using OnnxEmbed.Benchmarks.Measuring;
using OnnxEmbed.Data;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Benchmarks.Throughput;

/// <summary>Memory of `embed` over the number of rows, with a model so small that millions of rows take a minute; each in a process of its own.</summary>
internal static class EmbedMemory
{
    private const int RowGroup = 32_768;

    private static readonly int[] Rows = [20_000, 200_000, 2_000_000];

    public static void Run(int threads, int rounds, int steps)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("onnxembed-bench-");
        try
        {
            ModelPackage package = ModelInit.Create(
                new ModelInitOptions { Architecture = "bert", HiddenSize = 8, Layers = 1, Heads = 1, MaxPositions = 32, Seed = 1 },
                Path.Combine(folder.FullName, "model"));
            Console.WriteLine("memory of embed, Parquet to Parquet (BERT, 1 layer of 8; target: flat)");
            Table table = new("rows", "peak resident MB", "peak private MB", "seconds", "rows/s");
            foreach (int rows in Rows)
            {
                string data = Path.Combine(folder.FullName, $"{rows}.parquet");
                Write(data, rows);
                ChildRun run = ChildRun.OfSelf(["embed-rows", package.FullPath, data, Path.Combine(folder.FullName, "out.parquet"), $"{threads}"]);
                double resident = double.Parse(run.Output, CultureInfo.InvariantCulture);
                table.Row(
                    $"{rows}",
                    Numbers.Text(resident),
                    Numbers.Text(run.PeakPrivateMegabytes),
                    Numbers.Text(run.Milliseconds / 1000),
                    Numbers.Text(rows / run.Milliseconds * 1000));
                File.Delete(data);
            }

            table.Write(Console.Out);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Embeds a file in this process and prints the peak of its resident memory in 10^6 bytes.</summary>
    public static int Measure(string package, string data, string output, int threads)
    {
        using Embedder embedder = Embedder.Open(ModelPackage.Open(package), new EmbedderOptions(threads) { Sessions = threads });
        EmbedPipeline.RunAsync(embedder, new EmbedPipelineOptions { InputPath = data, OutputPath = output, Force = true }).GetAwaiter().GetResult();
        string peak = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        Console.WriteLine(Numbers.Text(double.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024 / 1e6));
        return 0;
    }

    private static void Write(string path, int rows)
    {
        Random random = new(3);
        ColumnSchema[] schema = [new("id", ColumnKind.Integer, false), new("text", ColumnKind.String)];
        ParquetRowsWriter writer = ParquetRowsWriter.CreateAsync(path, schema, true, CancellationToken.None).GetAwaiter().GetResult();
        for (int start = 0; start < rows; start += RowGroup)
        {
            int count = Math.Min(RowGroup, rows - start);
            long[] ids = [.. Enumerable.Range(start, count).Select(id => (long)id)];
            string[] texts = [.. ids.Select(_ => $"{random.Next(1000)}, {random.Next(100)}")];
            writer.AppendAsync(new ParquetTable([Column.Of("id", ids), Column.Of("text", texts)]), CancellationToken.None).GetAwaiter().GetResult();
        }

        writer.CompleteAsync().GetAwaiter().GetResult();
        writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
