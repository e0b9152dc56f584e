namespace OnnxEmbed.Merging.Inputs;

/// <summary>Where one model holds the values of a tensor of the first.</summary>
/// <param name="Tensor">Name of its tensor.</param>
/// <param name="Kind">How it was found.</param>
internal sealed record TensorBinding(string Tensor, MatchKind Kind = MatchKind.Name)
{
    /// <summary>The part of the tensor, in its own orientation; null for the whole.</summary>
    public AxisSelection? Selection { get; init; }

    /// <summary>Whether it lies transposed to the first model's.</summary>
    public bool Transposed { get; init; }
}
