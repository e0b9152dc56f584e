using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Adapters;

/// <summary>
/// The low-rank change of one layer (Hu et al. 2021, arXiv:2106.09685, §4.1): ΔW = scale · B A for a linear layer with W [out, in], and
/// ΔW = scale · (B A)ᵀ for an embedding with W [vocabulary, width].
/// </summary>
/// <param name="Module">Name of the layer; its weight is the parameter <c>Module.weight</c>.</param>
/// <param name="A">[r, in]; of an embedding [r, vocabulary].</param>
/// <param name="B">[out, r]; of an embedding [width, r].</param>
/// <param name="Alpha">lora_alpha of this layer.</param>
/// <param name="Scale">alpha / r, or alpha / √r for a rank-stabilised adapter.</param>
public sealed record LoraModule(string Module, TensorData A, TensorData B, double Alpha, double Scale)
{
    /// <summary>Whether the layer is an embedding.</summary>
    public bool IsEmbedding { get; init; }

    /// <summary>m of a weight-decomposed adapter (DoRA), one for each row of B; null where there is none.</summary>
    public TensorData? Magnitude { get; init; }

    /// <summary>Bias of B, one for each row of B: the layer's bias changes by scale · bias. Null where there is none.</summary>
    public TensorData? Bias { get; init; }

    /// <summary>Name of the parameter that the module changes.</summary>
    public string Parameter => Module + ".weight";

    /// <summary>Name of the parameter that <see cref="Bias"/> changes.</summary>
    public string BiasParameter => Module + ".bias";

    /// <summary>r.</summary>
    public int Rank => (int)A.Shape[0];

    /// <summary>Rows of B.</summary>
    public int Outputs => (int)B.Shape[0];

    /// <summary>Columns of A.</summary>
    public int Inputs => (int)A.Shape[1];
}
