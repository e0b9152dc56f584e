using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Adapters;

/// <summary>
/// The low-rank change of one linear layer (Hu et al. 2021, arXiv:2106.09685, §4.1): ΔW = scale · B A.
/// </summary>
/// <param name="Module">Name of the layer; its weight is the parameter <c>Module.weight</c> [out, in].</param>
/// <param name="A">[r, in].</param>
/// <param name="B">[out, r].</param>
/// <param name="Alpha">lora_alpha of this layer.</param>
/// <param name="Scale">alpha / r, or alpha / √r for a rank-stabilised adapter.</param>
public sealed record LoraModule(string Module, TensorData A, TensorData B, double Alpha, double Scale)
{
    /// <summary>Name of the parameter that the module changes.</summary>
    public string Parameter => Module + ".weight";

    /// <summary>r.</summary>
    public int Rank => (int)A.Shape[0];
}
