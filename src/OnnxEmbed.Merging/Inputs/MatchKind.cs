namespace OnnxEmbed.Merging.Inputs;

/// <summary>How the tensor of another model was found.</summary>
public enum MatchKind
{
    /// <summary>It has the same name, perhaps behind a prefix such as <c>bert.</c></summary>
    Name,

    /// <summary>It stands at the same place of the graph.</summary>
    Structure,

    /// <summary>The name of the node that uses the tensor says which layer it is.</summary>
    Layer,
}
