using System.Globalization;
using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Data.Text;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>data text</c>: text about numbers to pre-train on.</summary>
internal sealed class DataTextCommand(Session session)
{
    [Command("text", Description = "Writes text about numbers to pre-train a language model on. "
        + "Sequences, arithmetic facts, comparisons and more; it never mentions an integer from 100 up that a test split of the number suite uses. The same options give the same bytes.")]
    [Example("onnxembed data text --count 100000 --seed 1 -o artifacts/text.parquet")]
    public async Task<int> Run(
        OutputOptions output,
        [Option("out", ['o'], Description = "The Parquet file to write: columns text and family.", ValueName = "FILE")] string @out,
        [Option("count", Description = "Number of texts.")] int count = 100_000,
        [Option("seed", Description = "Seed of everything that is drawn.")] ulong seed = 0,
        [Option("part", Description = "Texts to train on, or those kept apart to measure perplexity; no text is in both.")] NumberTextPart part = NumberTextPart.Train,
        [Option("max-digits", Description = "No integer has more digits.")] int maxDigits = 4,
        [Option("max-characters", Description = "Longest text.")] int maxCharacters = 64,
        [Option("shares", Description = "Weights of families, as name=weight,…; 0 leaves one out.", ValueName = "LIST")] string? shares = null,
        [Option("force", Description = "Replace the file if it exists.")] bool force = false)
    {
        NumberTextOptions options = new()
        {
            Count = count,
            Seed = seed,
            Part = part,
            MaxDigits = maxDigits,
            MaxCharacters = maxCharacters,
            Shares = Lists.Pairs("shares", shares).ToDictionary(pair => pair.Key, pair => Lists.Number("shares", pair.Value)),
        };
        using ProgressLine line = new(session, output.Quiet);
        SynchronousProgress<long> progress = new(written => line.Report(
            "writing text", (double)written / count, string.Create(CultureInfo.InvariantCulture, $"{written:N0} of {count:N0}")));
        await NumberText.WriteAsync(@out, options, force, progress, session.Cancellation);
        line.Dispose();
        Result result = new Result().Fact("out", @out).Fact("texts", count).Fact("bytes", new FileInfo(@out).Length);
        ResultWriter.Write(session, output.ResultFormat, result);
        return ExitStatus.Done;
    }
}
