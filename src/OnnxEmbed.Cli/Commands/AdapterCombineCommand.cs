using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Merging.Adapters.Combining;
using OnnxEmbed.Merging.Adapters.Reports;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>adapter combine</c>: several adapters to one.</summary>
internal sealed class AdapterCombineCommand(Session session)
{
    [Command("combine", Description = "Makes one LoRA adapter of several, without their base. "
        + "cat is exact, with the sum of the ranks; svd is the best approximation of a rank, with its error by layer; ties_svd, dare_linear_svd, "
        + "dare_ties_svd and magnitude_prune_svd thin the full changes out first; linear sums the factors, with cross terms. Names are those of "
        + "PEFT. Adapters are directories in PEFT's layout, or runs.")]
    [Example("onnxembed adapter combine artifacts/run1 artifacts/run2 --weights 0.5,0.5 -o artifacts/both")]
    [Example("onnxembed adapter combine a b --method ties_svd --density 0.4 --rank 16 -o artifacts/both")]
    public int Run(
        OutputOptions output,
        [Argument(Description = "Adapters to combine.")] string[] adapters,
        [Option("out", ['o'], Description = "Directory to write (required).", ValueName = "DIR")] string? @out = null,
        [Option("method", Description = "How; an unknown name lists the methods.", ValueName = "NAME")] string method = "cat",
        [Option("weights", Description = "Weight of each adapter; 1 unless given.", ValueName = "LIST")] string? weights = null,
        [Option("rank", Description = "Rank of the result where the method cuts; the largest that goes in unless given.")] int? rank = null,
        [Option("density", Description = "Share of each change that is kept where the method thins out.", ValueName = "SHARE")] double? density = null,
        [Option("seed", Description = "Seed of what is kept at random.")] ulong seed = 0,
        [Option("dtype", Description = "Type of the factors.")] FactorType dtype = FactorType.F32,
        [Option("threads", Description = "Threads; all cores unless given. The result does not depend on it.")] int? threads = null,
        [Option("force", Description = "Replace the output if it exists.")] bool force = false)
    {
        CombineOptions options = new()
        {
            Method = CombinationMethods.Find(method),
            Adapters = adapters,
            Weights = Lists.Numbers("weights", weights),
            Rank = rank,
            Density = density,
            Seed = seed,
            ElementType = (ElementType)dtype,
            Output = @out ?? throw new OptionException("adapter combine: needs --out DIR"),
            Force = force,
            DegreeOfParallelism = threads ?? session.DefaultThreads,
        };
        AdapterReport report = AdapterTables.Run(session, output, "combining", progress => AdapterCombination.Run(options, progress, session.Cancellation));
        AdapterTables.Write(session, output, options.Output, report);
        return ExitStatus.Done;
    }
}
