using OnnxEmbed.Merging.Methods;

namespace OnnxEmbed.Merging;

/// <summary>A way to make one model out of several: what it is called, what it takes, and its formula.</summary>
public sealed record MergeMethod
{
    /// <summary>Name of the parameter that weighs a model.</summary>
    internal const string Weight = "weight";

    internal MergeMethod(string name, string title, string reference, int minimumInputs, int? maximumInputs, IMergeRule rule)
    {
        Name = name;
        Title = title;
        Reference = reference;
        MinimumInputs = minimumInputs;
        MaximumInputs = maximumInputs;
        Rule = rule;
    }

    /// <summary>Name on the command line and in recipes.</summary>
    public string Name { get; }

    /// <summary>Name in words.</summary>
    public string Title { get; }

    /// <summary>Address of the paper that describes it.</summary>
    public string Reference { get; }

    /// <summary>
    /// What it computes of each tensor: base w₀, models wᵢ with weights cᵢ, task vectors dᵢ = wᵢ - w₀, θ the angle between two.
    /// </summary>
    public required string Formula { get; init; }

    /// <summary>Fewest models it takes, the base not counted.</summary>
    public int MinimumInputs { get; }

    /// <summary>Most models it takes, the base not counted; null for any number.</summary>
    public int? MaximumInputs { get; }

    /// <summary>Its parameters, those of the single models aside.</summary>
    public IReadOnlyList<MergeParameter> Parameters { get; init; } = [];

    /// <summary>Parameters that each model has a value of, such as its weight.</summary>
    public IReadOnlyList<MergeParameter> ModelParameters { get; init; } = [];

    /// <summary>Whether it takes a base beside the models.</summary>
    public BaseUse Base { get; init; }

    /// <summary>Whether each model may have a weight.</summary>
    public bool TakesWeights => ModelParameters.Any(parameter => parameter.Name == Weight);

    /// <summary>Whether its one model needs an adapter.</summary>
    public bool NeedsAdapter { get; init; }

    internal IMergeRule Rule { get; }

    /// <summary>The title.</summary>
    public override string ToString() => Title;
}
