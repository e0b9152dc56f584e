namespace OnnxEmbed.Tensors;

/// <summary>Tensors that have to agree in name, shape or type do not.</summary>
public sealed class ShapeMismatchException : DataException
{
    /// <summary>Makes an exception; <paramref name="differences"/> lists each disagreement as one line of text.</summary>
    public ShapeMismatchException(string message, IReadOnlyList<string> differences)
        : base(message + (differences.Count == 0 ? "" : ": " + string.Join("; ", differences))) => Differences = differences;

    /// <summary>Each disagreement, in the order in which it was found.</summary>
    public IReadOnlyList<string> Differences { get; }
}
