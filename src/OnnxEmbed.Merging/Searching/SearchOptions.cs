namespace OnnxEmbed.Merging.Searching;

/// <summary>What a search over merges varies.</summary>
public sealed record SearchOptions
{
    /// <summary>Name of the parameter; null for t where the method has one, else the weights of the models.</summary>
    /// <value>Default null.</value>
    public string? Parameter { get; init; }

    /// <summary>
    /// Least and greatest value; null for the range of the parameter, [0, 1] for weights that are divided by their sum, [0, 2] for others.
    /// </summary>
    /// <value>Default null.</value>
    public (double Low, double High)? Range { get; init; }

    /// <summary>Points of the grid over the range.</summary>
    /// <value>Default 11 for one parameter, 5 for several.</value>
    public int? Points { get; init; }

    /// <summary>Width of the interval at which the golden section stops.</summary>
    /// <value>Default 0.01 of the range for one parameter, 0.05 for several.</value>
    public double? Tolerance { get; init; }

    /// <summary>Most rounds over several parameters.</summary>
    /// <value>Default 3.</value>
    public int Rounds { get; init; } = 3;
}
