namespace OnnxEmbed.Merging.Inputs;

/// <summary>Where another model holds a tensor of the first, or a range of one of its axes.</summary>
/// <param name="Axis">The axis of the first model's tensor that the range counts along.</param>
/// <param name="Begin">First index.</param>
/// <param name="Length">Number of indexes; -1 for the whole tensor.</param>
/// <param name="Binding">The other's tensor.</param>
internal sealed record PartBinding(int Axis, long Begin, long Length, TensorBinding Binding)
{
    public bool IsWhole => Length < 0;
}
