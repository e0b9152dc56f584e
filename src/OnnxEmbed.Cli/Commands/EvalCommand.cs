using System.Globalization;
using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Data;
using OnnxEmbed.Evaluation;
using OnnxEmbed.Evaluation.Files;
using OnnxEmbed.Evaluation.Statistics;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Tensors;
using Matrix = OnnxEmbed.Evaluation.EmbeddingMatrix;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>eval</c>: how embeddings cluster by a label.</summary>
internal sealed class EvalCommand(Session session)
{
    [Command("eval", Description = "Evaluates embeddings by a label. "
        + "Takes a model and texts, or a Parquet file with an embedding column; computes silhouette, Davies-Bouldin, k-means agreement, probes "
        + "and what else the clusters encode, and writes metrics.json, report.html and figures.")]
    [Example("onnxembed eval artifacts/folded --data artifacts/numbers/prime/test.parquet --train artifacts/numbers/prime/train.parquet --label label -o artifacts/eval")]
    [Example("onnxembed eval --embeddings artifacts/embeddings.parquet --label family -o artifacts/eval")]
    public async Task<int> Run(
        EngineOptions engine,
        OutputOptions output,
        [Argument(Description = "Model package; none with --embeddings.")] string? package = null,
        [Option("label", Description = "Column of the labels.", ValueName = "COLUMN")] string label = "label",
        [Option("out", ['o'], Description = "Directory to write (required).", ValueName = "DIR")] string? @out = null,
        [Option("data", Description = "Parquet file with texts and labels.", ValueName = "FILE")] string? data = null,
        [Option("embeddings", Description = "Parquet file with an embedding column and labels, as embed writes it.", ValueName = "FILE")] string? embeddings = null,
        [Option("adapter", Description = "LoRA adapter to add to the model: its directory, or that of the run that trained it.", ValueName = "DIR")] string? adapter = null,
        [Option("train", Description = "Parquet file like the other one, on which probes are fitted; cross-validation unless given.", ValueName = "FILE")] string? train = null,
        [Option("text", Description = "Column with the texts.", ValueName = "COLUMN")] string text = "text",
        [Option("embedding", Description = "Column with the vectors of --embeddings.", ValueName = "COLUMN")] string embedding = EmbeddingColumn.DefaultName,
        [Option("group", Description = "Column whose rows are drawn together; pair_id where there is one unless given.", ValueName = "COLUMN")] string? group = null,
        [Option("metrics", Description = "Metrics to compute; all that the data allow unless given.", ValueName = "LIST")] string? metrics = null,
        [Option("clusters", Description = "Clusters of k-means; as many as labels unless given.")] int clusters = 0,
        [Option("standardize", Description = "Scale each coordinate to variance 1 before the probe.")] bool standardize = false,
        [Option("permutations", Description = "Label permutations of a test; 0 for none.")] int permutations = 199,
        [Option("seed", Description = "Seed of k-means, folds and resampling.")] ulong seed = 0,
        [Option("title", Description = "What the report calls the evaluation; the model or file unless given.", ValueName = "TEXT")] string? title = null,
        [Option("force", Description = "Replace the directory if it exists.")] bool force = false)
    {
        string directory = @out ?? throw new OptionException("eval: needs --out DIR");
        if (package is null == embeddings is null || package is null != data is null || (package is null && adapter is not null))
        {
            throw new OptionException("eval: needs a model package with --data FILE [--adapter DIR], or --embeddings FILE alone");
        }

        AtomicOutput.RefuseExistingDirectory(directory, force);
        EvaluationOptions options = new()
        {
            Metrics = metrics is null ? null : Lists.Names(metrics),
            Seed = seed,
            Clusters = clusters,
            Standardize = standardize,
            Permutations = permutations,
            Degree = engine.Threads ?? session.DefaultThreads,
        };
        EvaluationInput input;
        EvaluationResult result;
        using (ProgressLine line = new(session, output.Quiet))
        {
            using Embedder? embedder = package is null ? null : engine.Open(session, package, adapter, maxLength: null, batchTokens: null);
            string source = data ?? embeddings!;
            ParquetTable table = await ParquetTable.ReadAsync(source, null, session.Cancellation);
            line.Report("embedding", null, string.Create(CultureInfo.InvariantCulture, $"{table.RowCount:N0} rows"));
            input = EvaluationTable.Read(table, Vectors(embedder, table, text, embedding), label, text, group, title ?? Path.GetFileName(package ?? source));
            if (train is not null)
            {
                ParquetTable training = await ParquetTable.ReadAsync(train, null, session.Cancellation);
                input = EvaluationTable.WithTraining(input, training, Vectors(embedder, training, text, embedding));
            }

            result = EvaluationRun.Evaluate(input, options, new SynchronousProgress<string>(step => line.Report("evaluating", null, step)), session.Cancellation);
            EvaluationFiles.Write(input, result, directory, force);
            foreach (string note in result.Notes)
            {
                line.Say($"note: {note}");
            }
        }

        ResultWriter.Write(session, output.ResultFormat, new Result()
            .Fact("out", directory)
            .Fact("report", Path.Combine(directory, "report.html"))
            .Fact("rows", result.Rows)
            .Fact("dim", result.Width)
            .Fact("label", result.LabelColumn)
            .Fact("labels", result.Labels.Count)
            .Table("metrics", ["metric", "value", "low", "high", "p"], result.Metrics.Select(metric => new object?[]
            {
                metric.Key,
                metric.Value,
                result.Intervals.TryGetValue(metric.Key, out Interval low) ? low.Low : null,
                result.Intervals.TryGetValue(metric.Key, out Interval high) ? high.High : null,
                result.Permutations.GetValueOrDefault(metric.Key)?.PValue,
            }))
            .Table("clusters_encode", ["column", "values", "ami", "ari", "p"], result.Encodings.Select(encoding => new object?[]
            {
                encoding.Name, encoding.Values, encoding.Ami, encoding.Ari, encoding.PValue,
            })));
        return ExitStatus.Done;
    }

    private Matrix Vectors(Embedder? embedder, ParquetTable table, string text, string embedding)
    {
        if (embedder is not null)
        {
            EmbeddedTexts made = embedder.Embed(table.Strings(text), session.Cancellation);
            return new Matrix(made.Values, made.Rows, made.Columns);
        }

        Data.EmbeddingMatrix read = EmbeddingColumn.Read(table, embedding);
        return new Matrix(read.Values, read.Rows, read.Width);
    }
}
