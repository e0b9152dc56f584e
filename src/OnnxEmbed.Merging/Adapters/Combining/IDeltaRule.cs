namespace OnnxEmbed.Merging.Adapters.Combining;

/// <summary>How full changes of a layer become one, element by element.</summary>
internal interface IDeltaRule
{
    /// <summary>Combines changes; they are overwritten.</summary>
    /// <param name="deltas">ΔWᵢ, scales included, of one length.</param>
    /// <param name="weights">wᵢ.</param>
    /// <param name="density">Share of the elements of each that is kept, [0, 1].</param>
    /// <param name="seed">Decides what is kept where that is random.</param>
    /// <param name="names">What the elements of each are: key of its random numbers.</param>
    double[] Combine(IReadOnlyList<double[]> deltas, IReadOnlyList<double> weights, double density, ulong seed,
        IReadOnlyList<string> names);
}
