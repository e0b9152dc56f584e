namespace OnnxEmbed.Tensors;

/// <summary>Tensors that have to agree in name, shape or type do not.</summary>
public sealed class ShapeMismatchException : DataException
{
    private const int Shown = 4;

    /// <summary>Makes an exception; <paramref name="differences"/> lists each disagreement as one line of text, of which the message has the first four.</summary>
    public ShapeMismatchException(string message, IReadOnlyList<string> differences)
        : base(differences.Count switch
        {
            0 => message,
            <= Shown => $"{message}: {string.Join("; ", differences)}",
            _ => $"{message}: {differences.Count} differences, {string.Join("; ", differences.Take(Shown))}; and {differences.Count - Shown} more",
        }) => Differences = differences;

    /// <summary>Each disagreement, in the order in which it was found.</summary>
    public IReadOnlyList<string> Differences { get; }
}
