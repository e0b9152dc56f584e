using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <summary>A tensor as its file holds it.</summary>
internal sealed class StoredWeights(TensorData stored) : WeightSource(stored)
{
    public override bool NeedsDouble => Stored.ElementType == ElementType.Float64;

    public override bool IsChanged => false;

    public override void Doubles(long start, Span<double> target) => StoredDoubles(start, target);
}
