namespace OnnxEmbed.Merging.Recipes;

/// <summary>Which vocabulary the result has.</summary>
/// <param name="Source"><c>base</c>, <c>union</c>, or null where <paramref name="Model"/> is given.</param>
/// <param name="Model">The model whose tokenizer is taken.</param>
/// <param name="Line">Where it stands.</param>
internal sealed record RecipeTokenizer(string? Source, ModelReference? Model, int Line)
{
    /// <summary>Rows of single tokens.</summary>
    public IReadOnlyList<RecipeToken> Tokens { get; init; } = [];

    /// <summary>The number of rows is rounded up to a multiple of it.</summary>
    public int PadToMultipleOf { get; init; } = 1;
}
