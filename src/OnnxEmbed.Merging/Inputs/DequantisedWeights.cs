using System.Numerics.Tensors;
using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Inputs;

/// <summary>The values of a quantised weight, exact in double.</summary>
internal sealed class DequantisedWeights(QuantisedTensor tensor) : WeightSource(TensorData.WithoutBytes(ElementType.Float32, tensor.Shape))
{
    public override bool NeedsDouble => true;

    public override bool IsChanged => true;

    public override bool IsView => true;

    public override ReadOnlySpan<float> Singles(long start, Span<float> scratch)
    {
        double[] values = new double[scratch.Length];
        Doubles(start, values);
        TensorPrimitives.ConvertTruncating<double, float>(values, scratch);
        return scratch;
    }

    public override void Doubles(long start, Span<double> target)
    {
        if (target.IsEmpty)
        {
            return;
        }

        long first = tensor.PlaceOf(start).Byte;
        long last = tensor.PlaceOf(start + target.Length - 1).Byte;
        ReadOnlySpan<byte> codes = tensor.Codes.Slice(first, (int)(last - first + 1));
        for (int i = 0; i < target.Length; i++)
        {
            (long place, int shift) = tensor.PlaceOf(start + i);
            int code = tensor.CodeAt(codes[(int)(place - first)], shift);
            long group = tensor.GroupOf(start + i);
            target[i] = (code - tensor.ZeroOf(group)) * tensor.GroupScales[group];
        }
    }

    public override void StoredDoubles(long start, Span<double> target) => Doubles(start, target);
}
