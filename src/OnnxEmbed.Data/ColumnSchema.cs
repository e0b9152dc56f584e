namespace OnnxEmbed.Data;

/// <summary>Declaration of one column.</summary>
/// <param name="Name">Unique in its table.</param>
/// <param name="Kind">What the rows hold.</param>
/// <param name="Nullable">Whether a row may be null; strings and lists always may.</param>
public sealed record ColumnSchema(string Name, ColumnKind Kind, bool Nullable = true)
{
    /// <summary>For example <c>label (integer)</c>.</summary>
    public override string ToString() => $"{Name} ({Kind.Words()})";
}
