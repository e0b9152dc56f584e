namespace OnnxEmbed.Merging.Recipes;

/// <summary>What went before a stage of a recipe, for the recipe that is written beside its result.</summary>
/// <param name="Name">Name of the stage; null for the last.</param>
/// <param name="Text">The documents of the stages before.</param>
/// <param name="Results">Names of the stages before by the path of their result.</param>
internal sealed record StageTrail(string? Name, string Text, IReadOnlyDictionary<string, string> Results)
{
    /// <summary>The input under the name of the stage that made it.</summary>
    public MergeInput Named(MergeInput input) => input with
    {
        Model = Results.GetValueOrDefault(input.Model, input.Model),
        Layers = [.. input.Layers.Select(range => range with { Model = Named(range.Model) })],
    };
}
