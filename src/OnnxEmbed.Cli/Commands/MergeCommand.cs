using System.Globalization;
using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Merging;
using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>merge</c>: several models to one.</summary>
internal sealed class MergeCommand(Session session)
{
    private const string Ways = "--slerp T, --soup, --lora DIR or --method NAME";

    [Command("merge", Description = "Merges models, or folds an adapter into its base. "
        + "Inputs are model packages or bare .onnx files; the first gives graph, tokenizer and types. Memory does not grow with the model, "
        + "and a report and the resolved recipe are written with the result.")]
    [Example("onnxembed merge --lora artifacts/run --base artifacts/pretrained/model -o artifacts/folded")]
    [Example("onnxembed merge --slerp 0.5 artifacts/pretrained/model artifacts/folded -o artifacts/slerp")]
    [Example("onnxembed merge --soup artifacts/a artifacts/b artifacts/c --weights 2,1,1 -o artifacts/soup")]
    [Example("onnxembed merge --method slerp --set t=0.3,mode=mergekit a.onnx b.onnx -o c.onnx")]
    public int Run(
        OutputOptions output,
        [Argument(Description = "Models to merge; MODEL+ADAPTER folds an adapter in first.")] string[]? models = null,
        [Option("out", ['o'], Description = "Package or .onnx file to write (required).", ValueName = "PATH")] string? @out = null,
        [Option("slerp", Description = "Spherical interpolation between two models: 0 is the first, 1 the second.", ValueName = "T")] double? slerp = null,
        [Option("soup", Description = "Average of the models.")] bool soup = false,
        [Option("lora", Description = "Fold adapters into --base: directories of adapters, or of the runs that trained them.", ValueName = "LIST")] string? lora = null,
        [Option("base", Description = "The model that --lora was trained on.", ValueName = "MODEL")] string? @base = null,
        [Option("method", Description = "Method by name: linear, slerp or lora.", ValueName = "NAME")] string? method = null,
        [Option("set", Description = "Parameters of the method, as name=value,….", ValueName = "LIST")] string? set = null,
        [Option("weights", Description = "Weight of each model in a soup; equal unless given.", ValueName = "LIST")] string? weights = null,
        [Option("extrapolate", Description = "Allow t outside [0, 1].")] bool extrapolate = false,
        [Option("allow-non-finite", Description = "Merge NaN and infinite weights instead of refusing them.")] bool allowNonFinite = false,
        [Option("strict", Description = "Refuse what otherwise keeps the first model's value with a warning.")] bool strict = false,
        [Option("threads", Description = "Threads; all cores unless given. The result does not depend on it.")] int? threads = null,
        [Option("force", Description = "Replace the output if it exists.")] bool force = false)
    {
        if (new[] { slerp is not null, soup, lora is not null, method is not null }.Count(given => given) != 1)
        {
            throw new OptionException($"merge: needs one of {Ways}");
        }

        Dictionary<string, string> parameters = new(Lists.Pairs("set", set));
        if (slerp is { } t && !parameters.TryAdd("t", t.ToString("R", CultureInfo.InvariantCulture)))
        {
            throw new OptionException("merge: --slerp and --set t: need one of them, got both");
        }

        MergeOptions options = new()
        {
            Method = slerp is not null ? MergeMethods.Slerp
                : soup ? MergeMethods.Linear
                : lora is not null ? MergeMethods.Lora
                : MergeMethods.Find(method!),
            Inputs = Inputs(models ?? [], @base, lora, weights),
            Output = @out ?? throw new OptionException("merge: needs --out PATH"),
            Parameters = parameters,
            Extrapolate = extrapolate,
            AllowNonFinite = allowNonFinite,
            Strict = strict,
            Force = force,
            DegreeOfParallelism = threads ?? session.DefaultThreads,
        };
        MergeReport report;
        using (ProgressLine line = new(session, output.Quiet))
        {
            report = Merge.Run(options, Progress(line), session.Cancellation);
            foreach (string warning in report.Warnings)
            {
                line.Say($"warning: {warning}");
            }
        }

        ResultWriter.Write(session, output.ResultFormat, new Result()
            .Fact("out", @out)
            .Fact("method", report.Method)
            .Fact("models", report.Models.Select(model => model.Name).ToList())
            .Fact("blended_parameters", report.BlendedElements)
            .Fact("angle_degrees", report.AnglesDegrees.ToList())
            .Table("actions", ["action", "tensors"], report.Totals.Select(total => new object?[] { total.Key, total.Value })));
        return ExitStatus.Done;
    }

    private static List<MergeInput> Inputs(string[] models, string? @base, string? lora, string? weights)
    {
        if (lora is not null)
        {
            return @base is not null && models.Length == 0
                ? [new MergeInput(@base) { Adapters = Lists.Names(lora) }]
                : throw new OptionException($"merge: --lora needs --base MODEL and no other model, got {(models.Length == 0 ? "no --base" : string.Join(' ', models))}");
        }

        if (@base is not null)
        {
            throw new OptionException("merge: --base goes with --lora");
        }

        List<MergeInput> inputs = models.Select(MergeInput.Parse).ToList();
        IReadOnlyList<double> each = Lists.Numbers("weights", weights);
        return each.Count == 0 ? inputs
            : each.Count == inputs.Count ? inputs.Zip(each, (input, weight) => input with { Weight = weight }).ToList()
            : throw new OptionException($"--weights: needs one number for each of the {inputs.Count} models, got {each.Count}");
    }

    private static SynchronousProgress<MergeProgress> Progress(ProgressLine line) => new(now => line.Report(
        "merging", now.ByteCount == 0 ? 1 : (double)now.BytesDone / now.ByteCount, $"{now.TensorsDone} of {now.TensorCount} tensors  {now.Tensor}"));
}
