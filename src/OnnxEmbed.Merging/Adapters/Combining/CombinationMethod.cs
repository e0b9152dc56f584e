namespace OnnxEmbed.Merging.Adapters.Combining;

/// <summary>A way to make one adapter of several. Names and meanings are those of PEFT's <c>add_weighted_adapter</c>.</summary>
public sealed record CombinationMethod
{
    internal CombinationMethod(string name, string title, string reference, string description)
    {
        Name = name;
        Title = title;
        Reference = reference;
        Description = description;
    }

    /// <summary>Name on the command line.</summary>
    public string Name { get; }

    /// <summary>Name in words.</summary>
    public string Title { get; }

    /// <summary>Address of what describes it.</summary>
    public string Reference { get; }

    /// <summary>What it computes and what is lost.</summary>
    public string Description { get; }

    /// <summary>Whether the result is cut to a rank.</summary>
    public bool TakesRank { get; init; }

    /// <summary>Whether changes are thinned out to a density first.</summary>
    public bool TakesDensity { get; init; }

    /// <summary>Whether a seed decides what is thinned out.</summary>
    public bool TakesSeed { get; init; }

    /// <summary>How full changes become one, element by element; null where factors are combined.</summary>
    internal IDeltaRule? Rule { get; init; }

    /// <summary>The title.</summary>
    public override string ToString() => Title;
}
