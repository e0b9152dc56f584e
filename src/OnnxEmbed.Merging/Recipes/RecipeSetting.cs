namespace OnnxEmbed.Merging.Recipes;

/// <summary>An option of a merge that mergekit's schema has no field for; a recipe keeps it under <c>onnxembed</c>.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Needs">What its values are, for messages.</param>
/// <param name="Get">Its value where it is not the default, else null.</param>
/// <param name="Set">The options with a value; null where the value is wrong.</param>
internal sealed record RecipeSetting(
    string Name, string Needs, Func<MergeOptions, string?> Get, Func<MergeOptions, string, MergeOptions?> Set)
{
    /// <summary>Every setting, in the order in which recipes list them.</summary>
    public static IReadOnlyList<RecipeSetting> All { get; } =
    [
        new(
            "compat",
            "mergekit",
            options => options.Compatibility == MergeCompatibility.Mergekit ? "mergekit" : null,
            (options, value) => value == "mergekit" ? options with { Compatibility = MergeCompatibility.Mergekit } : null),
        Flag("extrapolate", options => options.Extrapolate, (options, value) => options with { Extrapolate = value }),
        Flag("linear_vectors", options => options.LinearVectors, (options, value) => options with { LinearVectors = value }),
        Flag("align_vocabulary", options => options.AlignVocabulary, (options, value) => options with { AlignVocabulary = value }),
        Flag("allow_unrelated", options => options.AllowUnrelated, (options, value) => options with { AllowUnrelated = value }),
        Flag("allow_nonfinite", options => options.AllowNonFinite, (options, value) => options with { AllowNonFinite = value }),
    ];

    private static RecipeSetting Flag(string name, Func<MergeOptions, bool> get, Func<MergeOptions, bool, MergeOptions> set) => new(
        name, "true or false", options => get(options) ? "true" : null, (options, value) => bool.TryParse(value, out bool flag)
            ? set(options, flag) : null);
}
