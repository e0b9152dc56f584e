using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Tensors;
using YamlDotNet.Serialization;

namespace OnnxEmbed.Merging.Reports;

/// <summary>
/// The merge as a recipe in mergekit's YAML (https://github.com/arcee-ai/mergekit, README, "Merge Configuration"), with every default
/// written out and the models named as the user named them.
/// </summary>
internal static class ResolvedRecipe
{
    /// <summary>Name of the recipe in a package; beside a bare file it is <c>FILE.merge-recipe.yaml</c>.</summary>
    public const string FileName = "merge-recipe.yaml";

    public static string ToYaml(MergeOptions options, MergeArguments arguments, ElementType type)
    {
        // A fold is mergekit's passthrough of one model with an adapter.
        Dictionary<string, object> recipe = new() { ["merge_method"] = options.Method.NeedsAdapter ? "passthrough" : options.Method.Name };
        if (options.Method == MergeMethods.Slerp)
        {
            recipe["base_model"] = Reference(options.Inputs[0]);
        }

        recipe["models"] = options.Inputs.Select(input =>
        {
            Dictionary<string, object> model = new() { ["model"] = Reference(input) };
            if (options.Method.TakesWeights)
            {
                model["parameters"] = new Dictionary<string, object> { ["weight"] = input.Weight };
            }

            return model;
        }).ToList();
        if (arguments.Values.Count > 0)
        {
            recipe["parameters"] = arguments.Values;
        }

        if (DtypeOf(type) is { } dtype)
        {
            recipe["dtype"] = dtype;
        }

        return new SerializerBuilder().WithQuotingNecessaryStrings().WithNewLine("\n").Build().Serialize(recipe);
    }

    private static object Reference(MergeInput input) => input.Adapters.Count <= 1
        ? input.ToString()
        : new Dictionary<string, object> { ["model"] = new Dictionary<string, object> { ["path"] = input.Model }, ["loras"] = input.Adapters };

    private static string? DtypeOf(ElementType type) => type switch
    {
        ElementType.Float32 => "float32",
        ElementType.Float16 => "float16",
        ElementType.BFloat16 => "bfloat16",
        _ => null,
    };
}
