using OnnxEmbed.Merging.Methods;

namespace OnnxEmbed.Merging;

/// <summary>A way to make one model out of several: what it is called, what it takes, and its formula.</summary>
public sealed record MergeMethod
{
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

    /// <summary>Fewest models it takes.</summary>
    public int MinimumInputs { get; }

    /// <summary>Most models it takes; null for any number.</summary>
    public int? MaximumInputs { get; }

    /// <summary>Its parameters, weights of the single models aside.</summary>
    public IReadOnlyList<MergeParameter> Parameters { get; init; } = [];

    /// <summary>Whether each model may have a weight.</summary>
    public bool TakesWeights { get; init; }

    /// <summary>Whether its one model needs an adapter.</summary>
    public bool NeedsAdapter { get; init; }

    internal IMergeRule Rule { get; }

    /// <summary>The title.</summary>
    public override string ToString() => Title;
}
