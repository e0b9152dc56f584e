using OnnxEmbed.Merging.Reports;

namespace OnnxEmbed.Merging.Recipes;

/// <summary>A recipe in mergekit's YAML schema, read and checked: the merges that it asks for, in order.</summary>
public sealed class RecipeFile
{
    private RecipeFile(IReadOnlyList<RecipeStage> stages, IReadOnlyList<string> warnings)
    {
        Stages = stages;
        Warnings = warnings;
    }

    /// <summary>The merges; each may use the results of those before by name. The last one is the result.</summary>
    public IReadOnlyList<RecipeStage> Stages { get; }

    /// <summary>What the recipe's author should know: fields that have no effect, known traps; in the form "file:line: text".</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The recipe.</param>
    /// <param name="extrapolate">Whether parameters may leave their range where their method says so.</param>
    /// <exception cref="RecipeException">Names, values or the YAML itself are wrong; all faults are listed with their lines.</exception>
    /// <exception cref="OnnxEmbed.Tensors.DataException">The file is missing or too large.</exception>
    public static RecipeFile Load(string path, bool extrapolate = false) => Compile(path, YamlComposer.Read(path), extrapolate);

    /// <summary>Runs the merges. The output appears when the last is complete; a failure or a cancellation leaves nothing.</summary>
    /// <param name="output">Where the result appears.</param>
    /// <param name="complete">Adds to a merge what a recipe does not say: threads, what to replace, what to allow.</param>
    /// <param name="progress">Is told of each tensor.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="OnnxEmbed.Tensors.OptionException">The options do not fit, or the output exists.</exception>
    /// <exception cref="OnnxEmbed.Tensors.DataException">The models cannot be merged.</exception>
    public MergeReport Run(
        string output, Func<MergeOptions, MergeOptions> complete, IProgress<MergeProgress>? progress = null,
            CancellationToken cancellation = default)
    {
        MergeReport report = RecipeRun.Run(Stages, output, complete, Merge.Run, progress, cancellation);
        return report with { Warnings = [.. Warnings, .. report.Warnings] };
    }

    /// <summary>Does all but write the result (<see cref="Merge.Plan"/>); merges before the last are made, and deleted again.</summary>
    /// <param name="output">Where the result would appear.</param>
    /// <param name="complete">Adds to a merge what a recipe does not say.</param>
    /// <param name="progress">Is told of each tensor.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="OnnxEmbed.Tensors.OptionException">The options do not fit.</exception>
    /// <exception cref="OnnxEmbed.Tensors.DataException">The models cannot be merged.</exception>
    public MergeReport Plan(
        string output, Func<MergeOptions, MergeOptions> complete, IProgress<MergeProgress>? progress = null,
            CancellationToken cancellation = default)
    {
        MergeReport report = RecipeRun.Run(Stages, output, complete, Merge.Plan, progress, cancellation);
        return report with { Warnings = [.. Warnings, .. report.Warnings] };
    }

    /// <summary>
    /// The merge as the start of a search (<see cref="Searching.MergeSearch"/>): weights of the models that are numbers become where it
    /// begins, and
    /// stay what they are where something else is searched.
    /// </summary>
    /// <exception cref="OnnxEmbed.Tensors.OptionException">The recipe has several stages.</exception>
    public MergeOptions ToSearch()
    {
        if (Stages.Count > 1)
        {
            throw new OnnxEmbed.Tensors.OptionException(
                $"search: needs a recipe of one stage, got {Stages.Count}; merge the first ones by a recipe of their own");
        }

        MergeOptions options = Stages[0].Options;
        return options with { Inputs = [.. options.Inputs.Select(WithWeight)] };

        static MergeInput WithWeight(MergeInput input)
        {
            if (!input.Parameters.TryGetValue(MergeMethod.Weight, out string? text)
                || !double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out double weight))
            {
                return input;
            }

            Dictionary<string, string> rest = new(input.Parameters, StringComparer.Ordinal);
            rest.Remove(MergeMethod.Weight);
            return input with { Parameters = rest, Weight = weight };
        }
    }

    internal static RecipeFile Parse(string file, string text, bool extrapolate = false) =>
        Compile(file, YamlComposer.Parse(file, text), extrapolate);

    private static RecipeFile Compile(string file, IReadOnlyList<YamlNode> documents, bool extrapolate)
    {
        RecipeFaults faults = new(file);
        RecipeCompiler compiler = new(faults, extrapolate);
        List<RecipeStage> stages = [.. new RecipeReader(faults).Read(documents).Select(compiler.Compile).OfType<RecipeStage>()];
        faults.ThrowIfAny();
        return new RecipeFile(stages, faults.Warnings);
    }
}
