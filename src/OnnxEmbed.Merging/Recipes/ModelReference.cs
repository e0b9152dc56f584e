namespace OnnxEmbed.Merging.Recipes;

/// <summary>A model as a recipe names it.</summary>
/// <param name="Path">Directory, file, or name of an earlier stage.</param>
/// <param name="Adapters">Adapters folded in.</param>
/// <param name="Line">Where it stands.</param>
internal sealed record ModelReference(string Path, IReadOnlyList<string> Adapters, int Line)
{
    /// <summary>Weight of each adapter's change; empty for 1 each.</summary>
    public IReadOnlyList<double> AdapterWeights { get; init; } = [];

    public bool Equals(ModelReference? other) => other is not null && Path == other.Path && Adapters.SequenceEqual(other.Adapters)
        && AdapterWeights.SequenceEqual(other.AdapterWeights);

    public override int GetHashCode() => Path.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => string.Join('+', Adapters.Prepend(Path));
}
