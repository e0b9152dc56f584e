namespace OnnxEmbed.Data.Numbers;

/// <summary>A property of integer sequences, with the means to draw sequences that have it beside matched ones that do not.</summary>
public abstract class NumberProperty
{
    private protected NumberProperty(string name, NumberTier tier, string description, LeakBounds? bounds)
    {
        Name = name;
        Tier = tier;
        Description = description;
        Bounds = bounds ?? new LeakBounds();
    }

    /// <summary>Name of the folder and value of the <c>property</c> column: lowercase words joined by underscores.</summary>
    public string Name { get; }

    /// <summary>Tier, T1 to T4.</summary>
    public NumberTier Tier { get; }

    /// <summary>What positives are, what negatives are, and the side condition that both share.</summary>
    public string Description { get; }

    /// <summary>What the leak audit may find.</summary>
    public LeakBounds Bounds { get; }

    /// <summary>Rows that are drawn together, under one <c>pair_id</c>: 2, or 4 for a factorial design.</summary>
    public virtual int RowsPerGroup => 2;

    /// <summary>Whether a sequence has the property.</summary>
    public abstract bool Holds(ReadOnlySpan<long> sequence);

    /// <summary>Draws one group, or returns null when this draw came to nothing.</summary>
    internal abstract NumberRow[]? TryDraw(NumberDraw draw);
}
