namespace OnnxEmbed.Merging.Recipes;

/// <summary>An entry of <c>models</c>, or a source of a slice.</summary>
/// <param name="Model">The model.</param>
/// <param name="Parameters">Its own parameters.</param>
/// <param name="Line">Where it stands.</param>
internal sealed record RecipeModel(ModelReference Model, ParameterBlock Parameters, int Line)
{
    /// <summary>Layers [start, end) of a source; null for all.</summary>
    public (int Start, int End)? Layers { get; init; }
}
