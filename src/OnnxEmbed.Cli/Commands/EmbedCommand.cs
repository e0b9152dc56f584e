using System.Globalization;
using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Models.Embedders;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>embed</c>: texts of a Parquet file to vectors.</summary>
internal sealed class EmbedCommand(Session session)
{
    [Command("embed", Description = "Embeds the texts of a Parquet file of any size. "
        + "The output has the input's columns and the vectors, in the input's order; memory does not grow with the file.")]
    [Example("onnxembed embed artifacts/fresh --data artifacts/text.parquet -o artifacts/embeddings.parquet")]
    public async Task<int> Run(
        EngineOptions engine,
        OutputOptions output,
        [Argument(Description = "Model package.")] string package,
        [Option("data", Description = "Parquet file with the texts.", ValueName = "FILE")] string data,
        [Option("out", ['o'], Description = "Parquet file to write.", ValueName = "FILE")] string @out,
        [Option("adapter", Description = "LoRA adapter to add to the model: its directory, or that of the run that trained it.", ValueName = "DIR")] string? adapter = null,
        [Option("text", Description = "Column with the texts.", ValueName = "COLUMN")] string text = "text",
        [Option("embedding", Description = "Column to write the vectors to.", ValueName = "COLUMN")] string embedding = "embedding",
        [Option("max-length", Description = "Longest text in tokens; longer ones are cut. What the package says unless given.")] int? maxLength = null,
        [Option("batch-tokens", Description = "Tokens of one batch, padding included; 4096 unless given.")] int? batchTokens = null,
        [Option("force", Description = "Replace the file if it exists.")] bool force = false)
    {
        using Embedder embedder = engine.Open(session, package, adapter, maxLength, batchTokens);
        EmbedPipelineOptions options = new() { InputPath = data, OutputPath = @out, TextColumn = text, EmbeddingColumn = embedding, Force = force };
        long start = session.Time.GetTimestamp();
        EmbedProgress done;
        using (ProgressLine line = new(session, output.Quiet))
        {
            SynchronousProgress<EmbedProgress> progress = new(now => line.Report(
                "embedding",
                now.TotalRows == 0 ? 1 : (double)now.Rows / now.TotalRows,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{now.Rows:N0} of {now.TotalRows:N0} rows, {now.Tokens / session.Time.GetElapsedTime(start).TotalSeconds:N0} tokens/s")));
            done = await EmbedPipeline.RunAsync(embedder, options, progress, session.Cancellation);
        }

        double seconds = session.Time.GetElapsedTime(start).TotalSeconds;
        ResultWriter.Write(session, output.ResultFormat, new Result()
            .Fact("out", @out)
            .Fact("rows", done.Rows)
            .Fact("width", embedder.Width)
            .Fact("tokens", done.Tokens)
            .Fact("truncated_rows", done.TruncatedRows)
            .Fact("seconds", seconds)
            .Fact("tokens_per_second", done.Tokens / seconds));
        return ExitStatus.Done;
    }
}
