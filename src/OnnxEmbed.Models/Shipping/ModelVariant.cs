namespace OnnxEmbed.Models.Shipping;

/// <summary>A form of the model with smaller weights, beside the one in f32.</summary>
public enum ModelVariant
{
    /// <summary>Weights in f16, computation and outputs in f32: <c>model_fp16.onnx</c>.</summary>
    Fp16,

    /// <summary>Weights in 8 bits, products in integers: <c>model_quantized.onnx</c>.</summary>
    Int8,
}
