namespace OnnxEmbed.Merging.Recipes;

/// <summary>Where in a model a tensor lies.</summary>
internal enum TensorPart
{
    /// <summary>Before the layers: embeddings, and what no layer holds.</summary>
    Pre,

    /// <summary>In a layer.</summary>
    Layers,

    /// <summary>After the layers: the last norm, a pooler, a head.</summary>
    Post,
}
