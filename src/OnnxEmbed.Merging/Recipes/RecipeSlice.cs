namespace OnnxEmbed.Merging.Recipes;

/// <summary>An entry of <c>slices</c>: some layers of the result, and the layers that are merged for them.</summary>
/// <param name="Sources">The layers of each model, equally many.</param>
/// <param name="Parameters">Parameters for these layers.</param>
/// <param name="Line">Where it stands.</param>
internal sealed record RecipeSlice(IReadOnlyList<RecipeModel> Sources, ParameterBlock Parameters, int Line)
{
    /// <summary>Base of these layers where it is not the recipe's.</summary>
    public ModelReference? BaseModel { get; init; }
}
