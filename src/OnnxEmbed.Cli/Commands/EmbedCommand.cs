using System.Globalization;
using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Data.Carrying;
using OnnxEmbed.Models.Embedders;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>embed</c>: texts of a Parquet file to vectors.</summary>
internal sealed class EmbedCommand(Session session)
{
    /// <summary>More batches at a time take more memory than they save time.</summary>
    private const int MostSessions = 8;

    [Command("embed", Description = "Embeds the texts of a Parquet file of any size. "
        + "The output has the input's columns and the vectors, in the input's order; memory does not grow with the file. A null text has a "
        + "null vector, an empty one that of the tokenizer's frame. What is done lies in FILE.partial until it is complete: the same "
        + "command goes on from there after Ctrl-C or a kill.")]
    [Example("onnxembed embed artifacts/fresh --data artifacts/text.parquet -o artifacts/embeddings.parquet")]
    public async Task<int> Run(
        EngineOptions engine,
        OutputOptions output,
        VectorOptions vectors,
        [Argument(Description = "Model package.")] string package,
        [Option("data", Description = "Parquet file with the texts.", ValueName = "FILE")] string data,
        [Option("out", ['o'], Description = "Parquet file to write.", ValueName = "FILE")] string @out,
        [Option("adapter", Description = "LoRA adapter to add to the model: its directory, or that of the run that trained it.", ValueName = "DIR")] string? adapter = null,
        [Option("text", Description = "Columns with the texts, parted by commas; with several each has its own column of vectors.", ValueName = "COLUMNS")] string text = "text",
        [Option("embedding", Description = "Column to write the vectors to.", ValueName = "COLUMN")] string embedding = "embedding",
        [Option("max-length", Description = "Longest text in tokens; longer ones are cut. What the package says unless given.")] int? maxLength = null,
        [Option("batch-tokens", Description = "Tokens of one batch, padding included; 4096 unless given.")] int? batchTokens = null,
        [Option("sessions", Description = "Batches that run at the same time; one for each thread, at most 8, unless given. Results do not depend on it.")] int? sessions = null,
        [Option("window", Description = "Rows among which texts of one length are sought, and rows of a row group of the output.")] int window = 8192,
        [Option("restart", Description = "Begin anew where an earlier run has left FILE.partial.")] bool restart = false,
        [Option("force", Description = "Replace the file if it exists.")] bool force = false)
    {
        VectorType type = vectors.Kind();
        using Embedder embedder = engine.Open(
            session, package, adapter, maxLength, batchTokens, options => vectors.Apply(options) with { Sessions = sessions ?? DefaultSessions(options) });
        EmbedPipelineOptions options = new()
        {
            InputPath = data,
            OutputPath = @out,
            TextColumns = Lists.Names(text),
            EmbeddingColumn = embedding,
            Type = type,
            WindowRows = window,
            Restart = restart,
            Force = force,
            AdapterDirectory = adapter is null ? null : EngineOptions.AdapterDirectory(adapter),
        };
        long start = session.Time.GetTimestamp();
        EmbedProgress done;
        using (ProgressLine line = new(session, output.Quiet))
        {
            SynchronousProgress<EmbedProgress> progress = new(now => line.Report(
                "embedding", now.TotalRows == 0 ? 1 : (double)now.Rows / now.TotalRows, Words(now, session.Time.GetElapsedTime(start))));
            done = await EmbedPipeline.RunAsync(embedder, options, progress, session.Cancellation);
        }

        double seconds = session.Time.GetElapsedTime(start).TotalSeconds;
        ResultWriter.Write(session, output.ResultFormat, new Result()
            .Fact("out", @out)
            .Fact("rows", done.Rows)
            .Fact("resumed_rows", done.ResumedRows)
            .Fact("width", embedder.Width)
            .Fact("tokens", done.Tokens)
            .Fact("truncated_texts", done.TruncatedTexts)
            .Fact("null_texts", done.NullTexts)
            .Fact("seconds", seconds)
            .Fact("tokens_per_second", (done.Tokens - done.ResumedTokens) / seconds));
        return ExitStatus.Done;
    }

    private static int DefaultSessions(EmbedderOptions options) => options.Device == "cpu" ? Math.Clamp(options.Threads, 1, MostSessions) : 1;

    private static string Words(EmbedProgress now, TimeSpan elapsed) => string.Create(
        CultureInfo.InvariantCulture,
        $"{now.Rows:N0} of {now.TotalRows:N0} rows, {(now.Tokens - now.ResumedTokens) / Math.Max(elapsed.TotalSeconds, 1e-3):N0} tokens/s");
}
