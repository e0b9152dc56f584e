namespace OnnxEmbed.Models.Packages;

/// <summary>How the hidden states of a text become one vector.</summary>
public enum PoolingMode
{
    /// <summary>Mean over the tokens that are not padding.</summary>
    Mean,

    /// <summary>The first token that is not padding.</summary>
    Cls,

    /// <summary>The last token that is not padding.</summary>
    Last,

    /// <summary>The greatest value over the tokens that are not padding, in each dimension.</summary>
    Max,

    /// <summary>Mean with the weights 1, 2, 3 … over the tokens that are not padding (SGPT: Muennighoff 2022, arXiv:2202.08904, §3.1).</summary>
    WeightedMean,

    /// <summary>Sum over the n tokens that are not padding, divided by √n.</summary>
    MeanSqrtLen,
}
