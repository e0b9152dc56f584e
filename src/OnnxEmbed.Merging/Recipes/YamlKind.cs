namespace OnnxEmbed.Merging.Recipes;

/// <summary>What a YAML node is.</summary>
internal enum YamlKind
{
    /// <summary>Text, a number, a flag or nothing.</summary>
    Scalar,

    /// <summary>A list.</summary>
    Sequence,

    /// <summary>Names and values.</summary>
    Mapping,
}
