using System.Globalization;
using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Models.Hub;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>pull</c>: a model directory from the Hugging Face hub.</summary>
internal sealed class PullCommand(Session session)
{
    [Command("pull", Description = "Downloads a model directory from the Hugging Face hub, for import. "
        + "A download that was stopped goes on where it was; every file is checked against the hash that the hub announces. "
        + "HF_ENDPOINT names another hub, HF_TOKEN opens private models.")]
    [Example("onnxembed pull sentence-transformers/all-MiniLM-L6-v2 -o artifacts/minilm")]
    public async Task<int> Run(
        OutputOptions output,
        [Argument(Description = "Repository, as ORG/NAME.")] string repository,
        [Option("out", ['o'], Description = "Directory to write.", ValueName = "DIR")] string @out,
        [Option("revision", Description = "Branch, tag or commit.", ValueName = "NAME")] string revision = "main",
        [Option("include", Description = "Patterns of files to take, as *.onnx; safetensors (ONNX where there are none) and small files unless given.", ValueName = "LIST")] string? include = null,
        [Option("exclude", Description = "Patterns of files to leave out.", ValueName = "LIST")] string? exclude = null,
        [Option("force", Description = "Replace the directory if it exists.")] bool force = false)
    {
        string endpoint = Environment.GetEnvironmentVariable("HF_ENDPOINT") is { Length: > 0 } named ? named : PullOptions.PublicEndpoint;
        PullOptions options = new()
        {
            Repository = repository,
            Output = @out,
            Revision = revision,
            Endpoint = Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? address)
                ? address
                : throw new OptionException($"HF_ENDPOINT: needs an address http(s)://…, got '{endpoint}'"),
            Token = Environment.GetEnvironmentVariable("HF_TOKEN") is { Length: > 0 } token ? token : null,
            Include = Lists.Names(include),
            Exclude = Lists.Names(exclude),
            Force = force,
        };
        using SocketsHttpHandler handler = new() { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(30) };
        using HttpMessageInvoker http = new(handler);
        long start = session.Time.GetTimestamp();
        PullReport report;
        using (ProgressLine line = new(session, output.Quiet))
        {
            SynchronousProgress<PullProgress> progress = new(now => line.Report(
                "downloading",
                now.TotalBytes == 0 ? 1 : (double)now.Bytes / now.TotalBytes,
                string.Create(CultureInfo.InvariantCulture, $"{now.Bytes / 1e6:N1} of {now.TotalBytes / 1e6:N1} MB, {now.File}")));
            report = await Pull.RunAsync(options, http, session.Time, progress, session.Cancellation);
        }

        ResultWriter.Write(session, output.ResultFormat, new Result()
            .Fact("out", @out)
            .Fact("commit", report.Commit)
            .Fact("bytes", report.Files.Sum(file => file.Size))
            .Fact("reused_bytes", report.ReusedBytes)
            .Fact("seconds", session.Time.GetElapsedTime(start).TotalSeconds)
            .Fact("left_out", report.LeftOut)
            .Table("files", ["file", "bytes", "sha256"], report.Files.Select(file => new object?[] { file.Path, file.Size, file.Sha256 })));
        return ExitStatus.Done;
    }
}
