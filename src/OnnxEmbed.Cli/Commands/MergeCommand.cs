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
    [Example("onnxembed merge --slerp 0.5 artifacts/a artifacts/b --search --eval artifacts/validation.parquet --label family -o artifacts/best")]
    [Example("onnxembed merge --recipe ties.yaml --search --search-for density --search-range 0.1,0.9 --eval artifacts/validation.parquet -o artifacts/best")]
    [Example("onnxembed merge --soup greedy artifacts/a artifacts/b artifacts/c --eval artifacts/validation.parquet -o artifacts/soup")]
    [Example("onnxembed merge --cocktail artifacts/examples.parquet artifacts/a artifacts/b -o artifacts/cocktail")]
    [Example("onnxembed merge --method slerp --param 't=[0, 0.5, 1]' --compat mergekit a.onnx b.onnx -o c.onnx")]
    [Example("onnxembed merge --recipe recipe.yaml -o artifacts/merged")]
    public int Run(
        OutputOptions output,
        [Argument(Description = "Models to merge; MODEL+ADAPTER folds an adapter in first, a training run alone stands for its checkpoints.")] string[]? models,
        [Option("out", ['o'], Description = "Package or .onnx file to write (required).", ValueName = "PATH")] string? @out,
        MergeMethodOptions how,
        MergeEvaluationOptions scoring,
        MergeRunOptions run)
    {
        how.Check(models ?? []);
        bool greedy = how.IsGreedy(models ?? []);
        scoring.Check(greedy, how.Cocktail is not null, run.DryRun);
        string[] named = greedy ? models![1..] : models ?? [];
        string target = @out ?? (run.DryRun ? Path.Combine(Path.GetTempPath(), "onnxembed-plan") : throw new OptionException("merge: needs --out PATH"));
        Result result;
        using (ProgressLine line = new(session, output.Quiet))
        {
            using MergeJudge? judge = scoring.Eval is null && how.Cocktail is null
                ? null
                : new MergeJudge(session, line, scoring, scoring.Search || greedy, target, run.Force, run.Threads ?? session.DefaultThreads);
            MergeReport report;
            try
            {
                report = how.Recipe is null ? Merged(Progress(line), judge) : Cooked(how.Recipe, Progress(line), judge);
            }
            catch (ShapeMismatchException exception) when (run.DryRun)
            {
                // The error names the first few; a plan is asked for to see them all.
                foreach (string difference in exception.Differences)
                {
                    line.Say(difference);
                }

                throw;
            }

            foreach (string warning in report.Warnings)
            {
                line.Say($"warning: {warning}");
            }

            result = MergeTables.Of(report, run.DryRun ? null : target, run.DryRun || run.Tensors);
            result = judge?.Finish(result) ?? result;
        }

        ResultWriter.Write(session, output.ResultFormat, result);
        return ExitStatus.Done;

        MergeReport Merged(SynchronousProgress<MergeProgress> progress, MergeJudge? judge)
        {
            MergeOptions options = Options(named);
            options = judge is not null && how.Cocktail is { } examples ? judge.Cocktail(options, examples, how.Temperature ?? 5) : options;
            options = judge?.Choose(options, greedy) ?? options;
            return run.DryRun ? Merge.Plan(options, progress, session.Cancellation) : Merge.Run(options, progress, session.Cancellation);
        }

        MergeReport Cooked(string path, SynchronousProgress<MergeProgress> progress, MergeJudge? judge)
        {
            RecipeFile recipe = RecipeFile.Load(path, run.Extrapolate);
            if (scoring.Search)
            {
                MergeReport best = Merge.Run(judge!.Choose(Complete(recipe.ToSearch()) with { Output = target }, greedy: false), progress, session.Cancellation);
                return best with { Warnings = [.. recipe.Warnings, .. best.Warnings] };
            }

            List<MergeInput> inputs = [];
            MergeReport report = run.DryRun
                ? recipe.Plan(target, Complete, progress, session.Cancellation)
                : recipe.Run(target, Noted, progress, session.Cancellation);

            // What an earlier stage made is gone by now; what is left are the models that the recipe names.
            judge?.Parents(inputs.Where(input => Path.Exists(input.Model)));
            return report;

            MergeOptions Noted(MergeOptions options)
            {
                inputs.AddRange([.. options.Base is { } theBase ? [theBase] : Array.Empty<MergeInput>(), .. options.Inputs]);
                return Complete(options);
            }
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
