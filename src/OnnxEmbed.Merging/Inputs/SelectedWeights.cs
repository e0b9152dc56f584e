using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Inputs;

/// <summary>A selection of another tensor's values.</summary>
internal sealed class SelectedWeights(WeightSource inner, AxisSelection selection)
    : WeightSource(TensorData.WithoutBytes(inner.Stored.ElementType, selection.Of(inner.Stored.Shape)))
{
    private readonly IReadOnlyList<long> _shape = inner.Stored.Shape;

    public override bool NeedsDouble => inner.NeedsDouble;

    public override bool IsChanged => true;

    public override bool IsView => inner.IsView || !inner.IsChanged;

    public override ReadOnlySpan<float> Singles(long start, Span<float> scratch)
    {
        foreach ((long stored, int place, int count) in selection.Runs(_shape, start, scratch.Length))
        {
            Span<float> part = scratch.Slice(place, count);
            inner.Singles(stored, part).CopyTo(part);
        }

        return scratch;
    }

    public override void Doubles(long start, Span<double> target)
    {
        foreach ((long stored, int place, int count) in selection.Runs(_shape, start, target.Length))
        {
            inner.Doubles(stored, target.Slice(place, count));
        }
    }

    public override void StoredDoubles(long start, Span<double> target)
    {
        foreach ((long stored, int place, int count) in selection.Runs(_shape, start, target.Length))
        {
            inner.StoredDoubles(stored, target.Slice(place, count));
        }
    }
}
