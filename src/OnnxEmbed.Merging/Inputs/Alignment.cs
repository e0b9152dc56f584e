namespace OnnxEmbed.Merging.Inputs;

/// <summary>How the tensors of all models fit those of the first.</summary>
/// <param name="Units">Parts of the tensors that are not merged as a whole, by tensor.</param>
/// <param name="Matches">Every match that is not simply the same name, the same way round.</param>
/// <param name="Warnings">What the user should know.</param>
internal sealed record Alignment(
    IReadOnlyDictionary<string, IReadOnlyList<MergeUnit>> Units, IReadOnlyList<TensorMatch> Matches, IReadOnlyList<string> Warnings)
{
    /// <summary>What a tensor of the first model is merged as.</summary>
    public IReadOnlyList<MergeUnit> Of(string tensor) =>
        Units.TryGetValue(tensor, out IReadOnlyList<MergeUnit>? units) ? units : [new MergeUnit(tensor, tensor)];
}
