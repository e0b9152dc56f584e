using OnnxEmbed.Merging.Methods;

namespace OnnxEmbed.Merging;

/// <content>Methods that decide element by element, and the plain ones.</content>
public static partial class MergeMethods
{
    /// <summary>The base plus a weighted sum of what the models changed.</summary>
    public static MergeMethod TaskArithmetic { get; } = new(
        "task_arithmetic", "Task arithmetic", "https://arxiv.org/abs/2212.04089", 1, null, new TaskArithmeticRule())
    {
        Formula = "w₀ + λ·Σ cᵢ·dᵢ, divided by Σ cᵢ if normalize",
        Base = BaseUse.Required,
        ModelParameters = [Weight],
        Parameters =
        [
            new MergeParameter(WeightedAverage.Normalize, MergeParameterKind.Flag, "false", "divide the weights by their sum"),
            new MergeParameter(WeightedAverage.Lambda, MergeParameterKind.Number, "1", "factor of the sum"),
        ],
    };

    /// <summary>The base moved towards a model by a limited step in each element.</summary>
    public static MergeMethod Nearswap { get; } = new(
        "nearswap", "Nearswap", "https://huggingface.co/alchemonaut/QuartetAnemoi-70B-t0.0001", 1, 1, new NearswapRule())
    {
        Formula = "w₀ + d clamped to [-t, t]",
        Base = BaseUse.Required,
        Parameters =
        [
            new MergeParameter(NearswapRule.T, MergeParameterKind.Number, null, "largest change of an element") { Minimum = 0 },
        ],
    };

    /// <summary>The base with those elements of a model whose change stands out.</summary>
    public static MergeMethod ArceeFusion { get; } = new(
        "arcee_fusion",
        "Arcee fusion",
        "https://www.arcee.ai/blog/meet-mergekit-v0-1-arcee-fusion-expanded-model-support-multi-gpu-acceleration",
        1,
        1,
        new ArceeFusionRule())
    {
        Formula = "w₀ + d where |d|·KL(softmax(w)‖softmax(w₀)) of the row reaches median + 1.5·interquartile range, w₀ elsewhere",
        Base = BaseUse.Required,
    };

    /// <summary>One model as it is, or times a number.</summary>
    public static MergeMethod Passthrough { get; } = new(
        "passthrough", "Passthrough", "https://github.com/arcee-ai/mergekit/blob/main/docs/merge_methods.md", 1, 1, new PassthroughRule())
    {
        Formula = "scale·w",
        Parameters =
        [
            new MergeParameter(PassthroughRule.Scale, MergeParameterKind.Number, "1", "factor of every element"),
        ],
    };
}
