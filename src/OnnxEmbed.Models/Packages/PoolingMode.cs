namespace OnnxEmbed.Models.Packages;

/// <summary>How the hidden states of a text become one vector.</summary>
public enum PoolingMode
{
    /// <summary>Mean over the tokens that are not padding.</summary>
    Mean,

    /// <summary>The first token.</summary>
    Cls,

    /// <summary>The last token that is not padding.</summary>
    Last,
}
