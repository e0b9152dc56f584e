namespace OnnxEmbed.Models.Packages;

/// <summary>Which tokens a token reads.</summary>
public enum AttentionKind
{
    /// <summary>Itself and those before it, as language models are trained.</summary>
    Causal,

    /// <summary>All of them, as encoders are trained; decoders after a conversion such as LLM2Vec (BehnamGhader et al. 2024, arXiv:2404.05961).</summary>
    Bidirectional,
}
