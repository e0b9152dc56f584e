using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging;

/// <summary>All merge methods.</summary>
public static partial class MergeMethods
{
    private static MergeParameter Weight => new(MergeMethod.Weight, MergeParameterKind.Number, "1", "weight of the model");

    /// <summary>Weighted average of the weights ("model soup").</summary>
    public static MergeMethod Linear { get; } = new(
        "linear", "Model soup (weighted average)", "https://arxiv.org/abs/2203.05482", 1, null, new LinearRule())
    {
        Formula = "Σ cᵢ·wᵢ, divided by Σ cᵢ if normalize",
        ModelParameters = [Weight],
        Parameters =
        [
            new MergeParameter(WeightedAverage.Normalize, MergeParameterKind.Flag, "true", "divide the weights by their sum"),
        ],
    };

    /// <summary>Folds adapters into the weights of the model they were trained on: W + Σ scale · B A.</summary>
    public static MergeMethod Lora { get; } = new("lora", "LoRA fold", "https://arxiv.org/abs/2106.09685", 1, 1, new FoldRule())
    {
        Formula = "W + Σ s·B·A",
        NeedsAdapter = true,
    };

    /// <summary>Every method in the order in which help lists them.</summary>
    public static IReadOnlyList<MergeMethod> All => field ??=
    [
        Linear, Slerp, Nuslerp, Multislerp, Karcher,
        TaskArithmetic, .. SparseTaskVectors, ModelStock, Nearswap, ArceeFusion,
        Passthrough, Lora,
    ];

    /// <summary>Finds a method by name.</summary>
    /// <exception cref="OptionException">There is none; the known ones are listed.</exception>
    public static MergeMethod Find(string name) =>
        All.FirstOrDefault(method => method.Name == name)
        ?? throw new OptionException($"merge method: needs one of {string.Join(", ", All.Select(method => method.Name))}, got '{name}'");
}
