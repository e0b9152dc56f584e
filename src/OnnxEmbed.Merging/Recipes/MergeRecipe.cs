using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Recipes;

/// <summary>One document of a recipe file, as it stands there.</summary>
/// <param name="Method">Name of the merge method.</param>
/// <param name="MethodLine">Where it stands.</param>
internal sealed record MergeRecipe(string Method, int MethodLine)
{
    /// <summary>Name by which later documents of the file refer to the result; null for the last.</summary>
    public string? Name { get; init; }

    /// <summary>The models; empty where there are slices.</summary>
    public IReadOnlyList<RecipeModel> Models { get; init; } = [];

    /// <summary>The slices; empty where there are models.</summary>
    public IReadOnlyList<RecipeSlice> Slices { get; init; } = [];

    public ModelReference? BaseModel { get; init; }

    /// <summary>Parameters of the whole.</summary>
    public ParameterBlock Parameters { get; init; } = [];

    /// <summary>Parameters of the one module, which come before those of the whole.</summary>
    public ParameterBlock ModuleParameters { get; init; } = [];

    public ElementType? Dtype { get; init; }

    public ElementType? OutDtype { get; init; }

    public RecipeTokenizer? Tokenizer { get; init; }

    public string? ChatTemplate { get; init; }

    /// <summary>Options that mergekit's schema has no field for, with their lines.</summary>
    public IReadOnlyList<(RecipeSetting Setting, string Value, int Line)> Settings { get; init; } = [];
}
