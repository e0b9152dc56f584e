namespace OnnxEmbed.Merging.Recipes;

/// <summary>An entry of <c>tokens</c>: where the row of a token comes from.</summary>
/// <param name="Token">The token.</param>
/// <param name="Model">The model; null for zeros.</param>
/// <param name="Other">Another token of that model, whose row it is; null for the same or for <paramref name="Id"/>.</param>
/// <param name="Id">The row; null for that of the token.</param>
/// <param name="Force">Whether it counts for models that have the token, too.</param>
/// <param name="Line">Where it stands.</param>
internal sealed record RecipeToken(string Token, ModelReference? Model, string? Other, long? Id, bool Force, int Line);
