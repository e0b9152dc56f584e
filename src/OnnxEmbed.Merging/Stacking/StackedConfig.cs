using System.Text.Json.Nodes;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Merging.Stacking;

/// <summary>The <c>config.json</c> of a stack: the number of its layers, and lists with an entry for each layer.</summary>
internal static class StackedConfig
{
    private static readonly string[] Counts = ["num_hidden_layers", "num_layers", "n_layer", "n_layers"];

    /// <summary>The text of the file.</summary>
    /// <param name="package">The package whose config it was.</param>
    /// <param name="layers">The layer that each place of the stack was.</param>
    public static string Of(ModelPackage package, IReadOnlyList<int> layers)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(package.FullPath, ModelConfig.FileName)))!.AsObject();
        foreach (string name in Counts.Where(config.ContainsKey))
        {
            config[name] = layers.Count;
        }

        if (config["layer_types"] is JsonArray types)
        {
            config["layer_types"] = new JsonArray([.. layers.Select(layer => layer < types.Count ? types[layer]?.DeepClone() : null)]);
        }

        return config.ToJsonString(new() { WriteIndented = true, NewLine = "\n" }) + "\n";
    }
}
