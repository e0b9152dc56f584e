using Cocona;
using OnnxEmbed.Merging;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Commands;

/// <summary>Options of a merge that hold for every method, and beside a recipe too.</summary>
internal sealed class MergeRunOptions : ICommandParameterSet
{
    [Option("dry-run", Description = "Do everything but write: print the plan and every fault.")]
    [HasDefaultValue]
    public bool DryRun { get; set; }

    [Option("tensors", Description = "List every tensor, as --dry-run does and merge-report.json always.")]
    [HasDefaultValue]
    public bool Tensors { get; set; }

    [Option("compat", Description = "Give the numbers of another program where they differ: mergekit.", ValueName = "NAME")]
    [HasDefaultValue]
    public string? Compat { get; set; }

    [Option("linear-vectors", Description = "Average biases and norms, whatever the method.")]
    [HasDefaultValue]
    public bool LinearVectors { get; set; }

    [Option("extrapolate", Description = "Allow t outside [0, 1].")]
    [HasDefaultValue]
    public bool Extrapolate { get; set; }

    [Option("allow-nonfinite", Description = "Merge NaN and infinite weights instead of refusing them.")]
    [HasDefaultValue]
    public bool AllowNonFinite { get; set; }

    [Option("align-vocabulary", Description = "The same as --vocab base.")]
    [HasDefaultValue]
    public bool AlignVocabulary { get; set; }

    [Option("vocab", Description = "Merge models with different vocabularies token by token; the result has the tokens of the base (or first model), of all "
        + "(union) or of the model that is named.", ValueName = "base|union|MODEL")]
    [HasDefaultValue]
    public string? Vocabulary { get; set; }

    [Option("allow-unrelated", Description = "Merge models although their weights show no common origin.")]
    [HasDefaultValue]
    public bool AllowUnrelated { get; set; }

    [Option("out-type", Description = "Type of the result's weights: f32, f16, bf16 or f64; that of the first model unless given.", ValueName = "TYPE")]
    [HasDefaultValue]
    public string? OutType { get; set; }

    [Option("strict", Description = "Refuse what otherwise keeps the first model's value with a warning.")]
    [HasDefaultValue]
    public bool Strict { get; set; }

    [Option("manifest", Description = "Write hashes beside a bare file, too, for verify; a package always has them.")]
    [HasDefaultValue]
    public bool Manifest { get; set; }

    [Option("threads", Description = "Threads; all cores unless given. The result does not depend on it.")]
    [HasDefaultValue]
    public int? Threads { get; set; }

    [Option("force", Description = "Replace the output if it exists.")]
    [HasDefaultValue]
    public bool Force { get; set; }

    /// <summary>Adds what is given here; what is not stays as it is.</summary>
    public MergeOptions Complete(MergeOptions options, int defaultThreads) => options with
    {
        Compatibility = Compat switch
        {
            null => options.Compatibility,
            "mergekit" => MergeCompatibility.Mergekit,
            _ => throw new OptionException($"--compat: needs mergekit, got '{Compat}'"),
        },
        LinearVectors = LinearVectors || options.LinearVectors,
        Extrapolate = Extrapolate || options.Extrapolate,
        AlignVocabulary = AlignVocabulary || options.AlignVocabulary,
        Vocabulary = Vocabulary switch
        {
            null => options.Vocabulary,
            "base" => new VocabularyMerge(),
            "union" => new VocabularyMerge { Source = VocabularySource.Union },
            _ => new VocabularyMerge { Source = VocabularySource.Model, Model = new MergeInput(Vocabulary) },
        },
        AllowUnrelated = AllowUnrelated || options.AllowUnrelated,
        AllowNonFinite = AllowNonFinite || options.AllowNonFinite,
        OutputType = OutType switch
        {
            null => options.OutputType,
            "f64" => ElementType.Float64,
            "f32" => ElementType.Float32,
            "f16" => ElementType.Float16,
            "bf16" => ElementType.BFloat16,
            _ => throw new OptionException($"--out-type: needs f64, f32, f16 or bf16, got '{OutType}'"),
        },
        Strict = Strict,
        Manifest = Manifest,
        Force = Force,
        DegreeOfParallelism = Threads ?? defaultThreads,
    };
}
