using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Merging;
using OnnxEmbed.Merging.Recipes;
using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>merge</c>: several models to one.</summary>
internal sealed class MergeCommand(Session session)
{
    [Command("merge", Description = "Merges models, or folds an adapter into its base. "
        + "Inputs are model packages or bare .onnx files; the first (or the base) gives graph, tokenizer and types. Memory does not grow with "
        + "the model, and a report and the resolved recipe are written with the result.")]
    [Example("onnxembed merge --lora artifacts/run --base artifacts/pretrained/model -o artifacts/folded")]
    [Example("onnxembed merge --slerp 0.5 artifacts/pretrained/model artifacts/folded -o artifacts/slerp")]
    [Example("onnxembed merge --soup artifacts/a artifacts/b artifacts/c --weights 2,1,1 -o artifacts/soup")]
    [Example("onnxembed merge --slerp 0.5 --tree sequential artifacts/stage-1 artifacts/stage-2 artifacts/stage-3 -o artifacts/chain")]
    [Example("onnxembed merge --ema 0.9 artifacts/run -o artifacts/averaged")]
    [Example("onnxembed merge --method slerp --param 't=[0, 0.5, 1]' --compat mergekit a.onnx b.onnx -o c.onnx")]
    [Example("onnxembed merge --recipe recipe.yaml -o artifacts/merged")]
    public int Run(
        OutputOptions output,
        [Argument(Description = "Models to merge; MODEL+ADAPTER folds an adapter in first, a training run alone stands for its checkpoints.")] string[]? models,
        [Option("out", ['o'], Description = "Package or .onnx file to write (required).", ValueName = "PATH")] string? @out,
        MergeMethodOptions how,
        MergeRunOptions run)
    {
        how.Check(models ?? []);
        string target = @out ?? (run.DryRun ? Path.Combine(Path.GetTempPath(), "onnxembed-plan") : throw new OptionException("merge: needs --out PATH"));
        MergeReport report;
        using (ProgressLine line = new(session, output.Quiet))
        {
            report = Merged(Progress(line));
            foreach (string warning in report.Warnings)
            {
                line.Say($"warning: {warning}");
            }
        }

        ResultWriter.Write(session, output.ResultFormat, MergeTables.Of(report, run.DryRun ? null : target, run.DryRun || run.Tensors));
        return ExitStatus.Done;

        MergeReport Merged(SynchronousProgress<MergeProgress> progress)
        {
            if (how.Recipe is not { } path)
            {
                MergeOptions options = Options(models ?? []);
                return run.DryRun ? Merge.Plan(options, progress, session.Cancellation) : Merge.Run(options, progress, session.Cancellation);
            }

            RecipeFile recipe = RecipeFile.Load(path, run.Extrapolate);
            return run.DryRun
                ? recipe.Plan(target, Complete, progress, session.Cancellation)
                : recipe.Run(target, Complete, progress, session.Cancellation);
        }

        MergeOptions Complete(MergeOptions options) => run.Complete(options, session.DefaultThreads);

        MergeOptions Options(string[] inputs) => ParameterText.Add(
            Complete(new MergeOptions
            {
                Method = how.ChosenMethod(),
                Inputs = how.Inputs(inputs),
                Base = how.ChosenBase(),
                Output = target,
                Parameters = how.Parameters(),
                DegreeOfParallelism = 1,
            }),
            how.Param ?? []);
    }

    private static SynchronousProgress<MergeProgress> Progress(ProgressLine line) => new(now => line.Report(
        "merging", now.ByteCount == 0 ? 1 : (double)now.BytesDone / now.ByteCount, $"{now.TensorsDone} of {now.TensorCount} tensors  {now.Tensor}"));
}
