using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Recipes;

/// <summary>Runs the merges of a recipe one after the other. Results of all but the last lie beside the output until the end.</summary>
internal static class RecipeRun
{
    /// <param name="stages">The merges.</param>
    /// <param name="output">Where the result of the last appears.</param>
    /// <param name="complete">Adds to a merge what a recipe does not say.</param>
    /// <param name="last">Does the last merge: runs or plans it.</param>
    /// <param name="progress">Is told of each tensor.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="OptionException">The options do not fit, or the output exists.</exception>
    /// <exception cref="DataException">The models cannot be merged.</exception>
    public static MergeReport Run(
        IReadOnlyList<RecipeStage> stages,
        string output,
        Func<MergeOptions, MergeOptions> complete,
        Func<MergeOptions, IProgress<MergeProgress>?, CancellationToken, MergeReport> last,
        IProgress<MergeProgress>? progress,
        CancellationToken cancellation)
    {
        if (stages.Count == 1)
        {
            return last(complete(stages[0].Options) with { Output = output }, progress, cancellation);
        }

        // Never committed: it goes with its contents when the last stage is done or any has failed.
        using AtomicOutput scratch = AtomicOutput.Directory(output + ".stages", force: false);
        Dictionary<string, string> paths = new(StringComparer.Ordinal);
        Dictionary<string, string> results = new(StringComparer.Ordinal);
        string text = "";
        MergeReport? report = null;
        List<(string Name, MergeReport Report)> made = [];
        foreach (RecipeStage stage in stages)
        {
            MergeOptions options = complete(stage.Options);
            options = options with
            {
                Inputs = [.. options.Inputs.Select(Found)],
                Base = options.Base is { } theBase ? Found(theBase) : null,
                Vocabulary = options.Vocabulary?.Named(Found),
                Trail = new StageTrail(stage.Name, text, results),
            };
            bool package = Directory.Exists((options.Base ?? options.Inputs[0]).Model);
            if (ReferenceEquals(stage, stages[^1]))
            {
                report = last(options with { Output = output }, progress, cancellation);
                break;
            }

            string path = Path.Combine(scratch.TemporaryPath, package ? stage.Name! : stage.Name + ".onnx");
            made.Add((stage.Name!, Merge.Run(options with { Output = path }, progress, cancellation)));
            paths[stage.Name!] = path;
            results[path] = stage.Name!;
            text = File.ReadAllText(package ? Path.Combine(path, ResolvedRecipe.FileName) : $"{path}.{ResolvedRecipe.FileName}") + "---\n";
        }

        return report! with { Stages = made };

        MergeInput Found(MergeInput input) => input with
        {
            Model = paths.GetValueOrDefault(input.Model, input.Model),
            Layers = [.. input.Layers.Select(range => range with { Model = Found(range.Model) })],
        };
    }
}
