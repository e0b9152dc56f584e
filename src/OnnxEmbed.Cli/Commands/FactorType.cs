using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Commands;

/// <summary>Element types of an adapter's factors.</summary>
internal enum FactorType
{
    F32 = ElementType.Float32,
    F16 = ElementType.Float16,
    Bf16 = ElementType.BFloat16,
    F64 = ElementType.Float64,
}
