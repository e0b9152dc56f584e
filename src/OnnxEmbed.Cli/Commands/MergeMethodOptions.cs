using System.Globalization;
using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Merging;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Commands;

/// <summary>Options that say how models are merged.</summary>
internal sealed class MergeMethodOptions : ICommandParameterSet
{
    private const string Ways = "--slerp T, --soup, --ema DECAY, --cocktail FILE, --lora DIR, --method NAME or --recipe FILE";

    [Option("slerp", Description = "Spherical interpolation between two models, 0 is the first, 1 the second; of more than two, or of a run's checkpoints, in a tree.", ValueName = "T")]
    [HasDefaultValue]
    public double? Slerp { get; set; }

    [Option("tree", Description = "Slerp of more than two: balanced halves, equal parts at T = 0.5, or sequential, each next one joined at T.", ValueName = "NAME")]
    [HasDefaultValue]
    public string? Tree { get; set; }

    [Option("ema", Description = "Moving average over a run's checkpoints: the one before the last weighs DECAY times the last, and so on.", ValueName = "DECAY")]
    [HasDefaultValue]
    public double? Ema { get; set; }

    [Option("soup", Description = "Average of the models, or of a run's checkpoints. After --soup greedy those that help: from the best on, each next one stays if the average gets no worse on --eval.")]
    [HasDefaultValue]
    public bool Soup { get; set; }

    [Option("cocktail", Description = "Average that weighs models by their loss on a few examples (LM-Cocktail): a Parquet file with anchor, positive [, negative], or with texts and labels.", ValueName = "FILE")]
    [HasDefaultValue]
    public string? Cocktail { get; set; }

    [Option("temperature", Description = "Of --cocktail: weights are softmax(-loss / temperature); 5 unless given.", ValueName = "X")]
    [HasDefaultValue]
    public double? Temperature { get; set; }

    [Option("lora", Description = "Fold adapters into --base: directories of adapters, or of the runs that trained them.", ValueName = "LIST")]
    [HasDefaultValue]
    public string? Lora { get; set; }

    [Option("method", Description = "Method by name; an unknown name lists them.", ValueName = "NAME")]
    [HasDefaultValue]
    public string? Method { get; set; }

    [Option("recipe", Description = "Recipe in mergekit's YAML, with models, method and parameters.", ValueName = "FILE")]
    [HasDefaultValue]
    public string? Recipe { get; set; }

    [Option("base", Description = "The model that the others, or the adapters of --lora, were trained from.", ValueName = "MODEL")]
    [HasDefaultValue]
    public string? Base { get; set; }

    [Option("param", Description = "Parameter of the method as in a recipe: t=0.3, t=[0,0.5,1] over depth, t=[{filter: mlp, value: 1}, {value: 0.5}]; may repeat.", ValueName = "NAME=VALUE")]
    [HasDefaultValue]
    public string[]? Param { get; set; }

    [Option("seed", Description = "Seed of methods that draw at random; 0 unless given.")]
    [HasDefaultValue]
    public ulong? Seed { get; set; }

    [Option("weights", Description = "Weight of each model, or of each adapter; 1 unless given.", ValueName = "LIST")]
    [HasDefaultValue]
    public string? Weights { get; set; }

    /// <summary>Checks that exactly one way to merge is named.</summary>
    public void Check(IReadOnlyList<string> models)
    {
        bool greedy = IsGreedy(models);
        if (Weights is not null && (greedy || Cocktail is not null))
        {
            throw new OptionException($"merge: {(greedy ? "--soup greedy" : "--cocktail")} finds the weights; needs no --weights");
        }

        if (Temperature is not null && Cocktail is null)
        {
            throw new OptionException("merge: --temperature needs --cocktail FILE");
        }

        if (new[] { Slerp is not null, Soup, Ema is not null, Cocktail is not null, Lora is not null, Method is not null, Recipe is not null }.Count(given => given) != 1)
        {
            throw new OptionException($"merge: needs one of {Ways}");
        }

        if (Recipe is not null && (models.Count > 0 || Base is not null || Param is { Length: > 0 } || Weights is not null || Tree is not null || Seed is not null))
        {
            throw new OptionException("merge: --recipe names models, base, weights and parameters itself; needs none beside it");
        }
    }

    /// <summary>Whether the models begin with the word of a greedy soup. A model of that name is written ./greedy.</summary>
    public bool IsGreedy(IReadOnlyList<string> models) => Soup && models.Count > 0 && models[0] == "greedy";

    /// <summary>The method.</summary>
    public MergeMethod ChosenMethod() => Slerp is not null ? MergeMethods.Slerp
        : Soup || Ema is not null || Cocktail is not null ? MergeMethods.Linear
        : Lora is not null ? MergeMethods.Lora
        : MergeMethods.Find(Method!);

    /// <summary>The values of options that stand for parameters.</summary>
    public Dictionary<string, string> Parameters()
    {
        Dictionary<string, string> parameters = Slerp is { } t ? new() { ["t"] = t.ToString("R", CultureInfo.InvariantCulture) } : [];
        if (Tree is not null)
        {
            parameters["tree"] = Tree;
        }

        if (Seed is { } seed)
        {
            parameters["seed"] = seed.ToString(CultureInfo.InvariantCulture);
        }

        return parameters;
    }

    /// <summary>The models with their weights.</summary>
    public List<MergeInput> Inputs(IReadOnlyList<string> models)
    {
        IReadOnlyList<double> each = Lists.Numbers("weights", Weights);
        if (Lora is not null)
        {
            return Base is not null && models.Count == 0
                ? [new MergeInput(Base) { Adapters = Lists.Names(Lora), AdapterWeights = each }]
                : throw new OptionException($"merge: --lora needs --base MODEL and no other model, got {(models.Count == 0 ? "no --base" : string.Join(' ', models))}");
        }

        List<MergeInput> inputs = models.Select(MergeInput.Parse).ToList();
        if (Ema is not null && (models.Count != 1 || Weights is not null))
        {
            throw new OptionException($"merge: --ema needs one training run and no --weights, got {(Weights is not null ? "--weights" : $"{models.Count} models")}");
        }

        // A run alone stands for its checkpoints, beside other models for its result.
        if (models.Count == 1 && (Ema is not null || RunCheckpoints.IsRun(models[0])))
        {
            inputs = [.. RunCheckpoints.Of(models[0])];
            each = Ema is { } decay ? SoupWeights.Exponential(inputs.Count, decay) : each;
        }

        return each.Count == 0 ? inputs
            : each.Count == inputs.Count ? inputs.Zip(each, (input, weight) => input with { Weight = weight }).ToList()
            : throw new OptionException($"--weights: needs one number for each of the {inputs.Count} models, got {each.Count}");
    }

    /// <summary>The base beside the models.</summary>
    public MergeInput? ChosenBase() => Base is not null && Lora is null ? MergeInput.Parse(Base) : null;
}
