using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Shipping;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>ship</c>: a package as one consumer reads it.</summary>
internal sealed class ShipCommand(Session session)
{
    private const string NoVariants = "none";

    [Command("ship", Description = "Lays a model package out for one consumer, checks what it needs, and runs the result as it does. "
        + "Targets: sentence-transformers, transformers.js, tei, fastembed, chroma, semantic-kernel, sql-server, opensearch, vespa, spark. "
        + "The directory has USAGE.md, which says how the consumer is told and what it cannot have, and SHA256SUMS.")]
    [Example("onnxembed ship artifacts/merged --target transformers.js -o artifacts/web")]
    [Example("onnxembed ship artifacts/merged --target vespa --variants fp16 -o artifacts/vespa")]
    public int Run(
        OutputOptions output,
        [Argument(Description = "Model package.")] string package,
        [Option("target", Description = "Who shall read it.", ValueName = "NAME")] string target,
        [Option("out", ['o'], Description = "Directory to write.", ValueName = "DIR")] string @out,
        [Option("variants", Description = "Smaller forms beside the f32 model: fp16, int8, both, or none; transformers.js has both unless given.", ValueName = "LIST")] string? variants = null,
        [Option("threads", Description = "Threads that the checks run on; all processors unless given.")] int? threads = null,
        [Option("force", Description = "Replace the directory if it exists.")] bool force = false)
    {
        ShipReport report = Ship.Run(new ShipOptions
        {
            Package = ModelPackage.Open(package),
            Target = target,
            Output = @out,
            Variants = variants is null ? null : Variants(variants),
            Threads = threads ?? Environment.ProcessorCount,
            Force = force,
        });
        ResultWriter.Write(session, output.ResultFormat, new Result()
            .Fact("out", @out)
            .Fact("target", report.Target)
            .Fact("changes", report.Changes)
            .Fact("limits", report.Limits)
            .Table("models", ["file", "max_difference", "min_cosine"], report.Models.Select(model => new object?[] { model.File, model.MaxDifference, model.MinCosine }))
            .Table("files", ["file", "bytes", "sha256"], report.Files.Select(file => new object?[] { file.Name, file.Bytes, file.Sha256 })));
        return ExitStatus.Done;
    }

    private static IReadOnlyList<ModelVariant> Variants(string text)
    {
        IReadOnlyList<string> names = Lists.Names(text);
        return names is [NoVariants] ? [] : [.. names.Select(name => name switch
        {
            "fp16" => ModelVariant.Fp16,
            "int8" => ModelVariant.Int8,
            _ => throw new OptionException($"--variants: needs fp16, int8 or none, got '{name}'"),
        }).Distinct()];
    }
}
