namespace OnnxEmbed.Merging.Recipes;

/// <summary>A node of a YAML document with the line that it starts on.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Line">Line in the file, from 1.</param>
internal sealed record YamlNode(YamlKind Kind, int Line)
{
    /// <summary>Text of a scalar.</summary>
    public string Text { get; init; } = "";

    /// <summary>Whether a scalar is written without quotes, so that it may be a number, a flag or nothing.</summary>
    public bool IsPlain { get; init; }

    /// <summary>Entries of a list.</summary>
    public List<YamlNode> Items { get; } = [];

    /// <summary>Entries of a mapping in their order.</summary>
    public List<(YamlNode Key, YamlNode Value)> Entries { get; } = [];

    /// <summary>Whether it is nothing: an empty value, <c>~</c> or <c>null</c>.</summary>
    public bool IsNull => Kind == YamlKind.Scalar && IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";

    /// <summary>What it is, for messages.</summary>
    public override string ToString() => Kind switch
    {
        YamlKind.Sequence => "a list",
        YamlKind.Mapping => "a mapping",
        _ => IsNull ? "nothing" : $"'{Text}'",
    };
}
