using OnnxEmbed.Merging.Methods;

namespace OnnxEmbed.Merging;

/// <content>Methods on the sphere, and those that look at angles.</content>
public static partial class MergeMethods
{
    /// <summary>Spherical linear interpolation between two models, or two at a time in a tree, tensor by tensor.</summary>
    public static MergeMethod Slerp { get; } = new(
        "slerp", "Spherical linear interpolation", "https://doi.org/10.1145/325165.325242", 2, null, new SlerpRule())
    {
        Formula = "sin((1-t)θ)/sin θ · w₁ + sin(tθ)/sin θ · w₂",
        Parameters =
        [
            new MergeParameter(SlerpRule.T, MergeParameterKind.Number, null, "0 is the first model, 1 the second")
            {
                Minimum = 0,
                Maximum = 1,
                CanExtrapolate = true,
            },
            new MergeParameter(
                SlerpRule.Mode,
                MergeParameterKind.Choice,
                SlerpRule.Exact,
                "exact: the sphere at every angle; mergekit: straight interpolation from |cos| 0.9995 on and below norm 1e-8, as mergekit does")
            {
                Choices = [SlerpRule.Exact, SlerpRule.Mergekit],
            },
            new MergeParameter(
                SlerpRule.Tree,
                MergeParameterKind.Choice,
                ArcTree.Balanced,
                "more than two models, two at a time: balanced halves with equal parts at t = 0.5, or sequential, each next one joined at t")
            {
                Choices = [ArcTree.Balanced, ArcTree.Sequential],
            },
        ],
    };

    /// <summary>Spherical linear interpolation by weights; of task vectors where there is a base; of whole tensors or row by row.</summary>
    public static MergeMethod Nuslerp { get; } = new(
        "nuslerp", "Spherical interpolation of models or task vectors", "https://doi.org/10.1145/325165.325242", 2, 2, new NuslerpRule())
    {
        Formula = "slerp(w₁, w₂, t), or w₀ + slerp(d₁, d₂, t) with a base, t = c₂/(c₁ + c₂)",
        Base = BaseUse.Optional,
        ModelParameters = [Weight],
        Parameters =
        [
            new MergeParameter(NuslerpRule.Flatten, MergeParameterKind.Flag, "true",
                "take each tensor as one vector; else each row of [out, in]"),
            new MergeParameter(NuslerpRule.RowWise, MergeParameterKind.Flag, "false",
                "without flatten: take the vectors along the first axis instead"),
        ],
    };

    /// <summary>Weighted mean direction of several models, or task vectors, at their weighted mean norm.</summary>
    public static MergeMethod Multislerp { get; } = new(
        "multislerp", "Mean direction of several models", "https://goddard.blog/posts/multislerp-wow-what-a-cool-idea", 2, null,
            new MultislerpRule())
    {
        Formula = "Σ cᵢ‖wᵢ‖ · s/‖s‖, s = Σ cᵢ·wᵢ/(‖wᵢ‖ + eps), or w₀ + the same of the dᵢ with a base",
        Base = BaseUse.Optional,
        ModelParameters = [Weight],
        Parameters =
        [
            new MergeParameter(MultislerpRule.NormalizeWeights, MergeParameterKind.Flag, "true", "divide the weights by their sum"),
            new MergeParameter(MultislerpRule.Epsilon, MergeParameterKind.Number, "1E-08",
                "added to each norm before it divides") { Minimum = 0 },
        ],
    };

    /// <summary>Mean of several models on the sphere, at their mean norm.</summary>
    public static MergeMethod Karcher { get; } = new(
        "karcher", "Karcher mean", "https://doi.org/10.1002/cpa.3160300502", 2, null, new KarcherRule())
    {
        Formula = "mean ‖wᵢ‖ · m, m the unit vector with the least Σ θ(m, wᵢ)²",
        Parameters =
        [
            new MergeParameter(KarcherRule.Iterations, MergeParameterKind.Integer, "10", "most steps") { Minimum = 0 },
            new MergeParameter(KarcherRule.Tolerance, MergeParameterKind.Number, "1E-05",
                "length of the step, in radians, at which it ends") { Minimum = 0 },
        ],
    };

    /// <summary>Average of fine-tuned models drawn towards their base as far as their angles suggest.</summary>
    public static MergeMethod ModelStock { get; } = new(
        "model_stock", "Model stock", "https://arxiv.org/abs/2403.19522", 2, null, new ModelStockRule())
    {
        Formula = "t·mean wᵢ + (1-t)·w₀, t = N·c/(1 + (N-1)·c) in [0, 1], c the mean cos θ(dᵢ, dⱼ)",
        Base = BaseUse.Required,
        Parameters =
        [
            new MergeParameter(ModelStockRule.FilterWise, MergeParameterKind.Flag, "false",
                "a ratio for each row of [out, in] instead of each tensor"),
        ],
    };
}
