using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Merging;
using OnnxEmbed.Merging.Adapters.Extracting;
using OnnxEmbed.Merging.Adapters.Reports;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>adapter extract</c>: an adapter from two models.</summary>
internal sealed class AdapterExtractCommand(Session session)
{
    [Command("extract", Description = "Makes a LoRA adapter of what sets a tuned model apart from its base. "
        + "Each layer's difference is cut to a rank by singular value decomposition; the table shows what that leaves out.")]
    [Example("onnxembed adapter extract artifacts/pretrained/model artifacts/tuned --rank 16 -o artifacts/adapter")]
    [Example("onnxembed adapter extract base.onnx tuned.onnx --energy 0.99 --rank 64 -o artifacts/adapter")]
    public int Run(
        OutputOptions output,
        [Argument(Description = "Base model: a package or an .onnx file.")] string @base,
        [Argument(Description = "Tuned model; MODEL+ADAPTER folds an adapter in first.")] string tuned,
        [Option("out", ['o'], Description = "Directory to write (required).", ValueName = "DIR")] string? @out = null,
        [Option("rank", Description = "Rank of each layer; with --energy the most.")] int? rank = null,
        [Option("energy", Description = "Share of each layer's squared difference that is kept at least.", ValueName = "SHARE")] double? energy = null,
        [Option("targets", Description = "Names or name endings of the layers; all that changed unless given.", ValueName = "LIST")] string? targets = null,
        [Option("whole", Description = "Store changed biases and norms whole instead of leaving them out.")] bool whole = false,
        [Option("dtype", Description = "Type of the factors.")] FactorType dtype = FactorType.F32,
        [Option("threads", Description = "Threads; all cores unless given. The result does not depend on it.")] int? threads = null,
        [Option("force", Description = "Replace the output if it exists.")] bool force = false)
    {
        ExtractOptions options = new()
        {
            Base = MergeInput.Parse(@base),
            Tuned = MergeInput.Parse(tuned),
            Rank = rank,
            Energy = energy,
            Targets = Lists.Names(targets),
            KeepWhole = whole,
            ElementType = (ElementType)dtype,
            Output = @out ?? throw new OptionException("adapter extract: needs --out DIR"),
            Force = force,
            DegreeOfParallelism = threads ?? session.DefaultThreads,
        };
        AdapterReport report = AdapterTables.Run(session, output, "extracting", progress => AdapterExtraction.Run(options, progress, session.Cancellation));
        AdapterTables.Write(session, output, options.Output, report);
        return ExitStatus.Done;
    }
}
