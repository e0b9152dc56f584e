using OnnxEmbed.Merging.Vocabularies;

namespace OnnxEmbed.Merging.Inputs;

/// <summary>How the tensors of all models fit those of the first.</summary>
/// <param name="Units">Parts of the tensors that are not merged as a whole, by tensor.</param>
/// <param name="Matches">Every match that is not simply the same name, the same way round.</param>
/// <param name="Warnings">What the user should know.</param>
internal sealed record Alignment(
    IReadOnlyDictionary<string, IReadOnlyList<MergeUnit>> Units, IReadOnlyList<TensorMatch> Matches, IReadOnlyList<string> Warnings)
{
    /// <summary>Shapes that tensors have in the result where they are not those of the first model.</summary>
    public IReadOnlyDictionary<string, long[]> Shapes { get; init; } = new Dictionary<string, long[]>();

    /// <summary>The tokens of the result; null where they are those of the first model, in its rows.</summary>
    public VocabularyPlan? Vocabulary { get; init; }

    /// <summary>Rows of the result's tables of tokens where they are not the first model's; null where they are.</summary>
    public long? Rows { get; init; }

    /// <summary>What a tensor of the first model is merged as.</summary>
    public IReadOnlyList<MergeUnit> Of(string tensor) =>
        Units.TryGetValue(tensor, out IReadOnlyList<MergeUnit>? units) ? units : [new MergeUnit(tensor, tensor)];
}
