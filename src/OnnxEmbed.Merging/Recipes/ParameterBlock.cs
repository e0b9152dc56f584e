namespace OnnxEmbed.Merging.Recipes;

/// <summary>The parameters at one place of a recipe, by name.</summary>
internal sealed class ParameterBlock : Dictionary<string, ParameterSetting>
{
    public ParameterBlock()
        : base(StringComparer.Ordinal)
    {
    }
}
