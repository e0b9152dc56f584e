using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Adapters.Combining;

/// <summary>All ways to combine adapters.</summary>
public static class CombinationMethods
{
    private const string Peft = "https://huggingface.co/docs/peft/developer_guides/model_merging";
    private const string LoraReference = "https://arxiv.org/abs/2106.09685";

    /// <summary>Factors side by side: exactly Σ wᵢ·sᵢ·BᵢAᵢ, of the sum of the ranks.</summary>
    public static CombinationMethod Concatenated { get; } = new(
        "cat", "Concatenation of the factors", LoraReference, "exact; the rank is the sum of the ranks");

    /// <summary>A and B each averaged with √|wᵢ·sᵢ|; cross terms BᵢAⱼ come in.</summary>
    public static CombinationMethod Linear { get; } = new(
        "linear", "Sum of the factors", Peft, "A and B summed apart with the roots of the weights; not exact: cross terms come in");

    /// <summary>Σ wᵢ·sᵢ·BᵢAᵢ, the best approximation of a rank.</summary>
    public static CombinationMethod Svd { get; } = new(
        "svd", "Truncated singular value decomposition", LoraReference,
            "the best approximation of the exact sum at a rank; its error is reported")
    {
        TakesRank = true,
    };

    /// <summary>TIES on full changes, then truncated.</summary>
    public static CombinationMethod Ties { get; } = new(
        "ties_svd", "TIES on full changes", "https://arxiv.org/abs/2306.01708",
            "largest of each kept, majority of signs, mean of those that agree")
    {
        TakesRank = true,
        TakesDensity = true,
        Rule = new DeltaRule(IsRandom: false, Elects: true),
    };

    /// <summary>DARE on full changes, then truncated.</summary>
    public static CombinationMethod DareLinear { get; } = new(
        "dare_linear_svd", "DARE on full changes", "https://arxiv.org/abs/2311.03099",
            "random ones of each kept and divided by the density, summed")
    {
        TakesRank = true,
        TakesDensity = true,
        TakesSeed = true,
        Rule = new DeltaRule(IsRandom: true, Elects: false),
    };

    /// <summary>DARE with the election of TIES on full changes, then truncated.</summary>
    public static CombinationMethod DareTies { get; } = new(
        "dare_ties_svd", "DARE and TIES on full changes", "https://arxiv.org/abs/2311.03099", "as dare_linear_svd, then majority of signs")
    {
        TakesRank = true,
        TakesDensity = true,
        TakesSeed = true,
        Rule = new DeltaRule(IsRandom: true, Elects: true),
    };

    /// <summary>Full changes thinned to the largest, summed, then truncated.</summary>
    public static CombinationMethod MagnitudePrune { get; } = new(
        "magnitude_prune_svd", "Pruned sum of full changes", Peft, "largest of each kept, summed")
    {
        TakesRank = true,
        TakesDensity = true,
        Rule = new DeltaRule(IsRandom: false, Elects: false),
    };

    /// <summary>Every method in the order in which help lists them.</summary>
    public static IReadOnlyList<CombinationMethod> All { get; } = [Concatenated, Linear, Svd, Ties, DareLinear, DareTies, MagnitudePrune];

    /// <summary>Finds a method by name.</summary>
    /// <exception cref="OptionException">There is none; the known ones are listed.</exception>
    public static CombinationMethod Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string known = string.Join(", ", All.Select(method => method.Name));
        return All.FirstOrDefault(method => method.Name == name)
            ?? (All.Any(method => method.Name == name + "_svd")
                ? throw new OptionException(
                    $"combination method: needs one of {known}, got '{name}': on A and B apart it means nothing for B·A, {name}_svd works on B·A")
                : throw new OptionException($"combination method: needs one of {known}, got '{name}'"));
    }
}
