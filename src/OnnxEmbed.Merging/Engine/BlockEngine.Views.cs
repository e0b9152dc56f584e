using System.Runtime.InteropServices;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <content>Values that lie in files in another order.</content>
internal sealed partial class BlockEngine
{
    /// <summary>Writes the values of one source in <paramref name="type"/>, rounded once; returns the squared norm of what was written.</summary>
    public double CopyValues(WeightSource source, ElementType type, BlockWriter write)
    {
        long length = source.Stored.ElementCount;
        int size = type.SizeInBytes();
        double[] norms = new double[BlockCount(length)];
        ForEachBlock(length, (block, start, count, scratch) =>
        {
            Span<byte> bytes = scratch.Bytes(count * size);
            Span<double> values = scratch.FirstDoubles(count);
            source.Doubles(start, values);
            FloatConversion.FromDoubles(values, type, bytes);
            FloatConversion.ToDoubles(type, bytes, values);
            norms[block] = Reductions.SquaredNorm(values);
            write(start * size, bytes);
        });
        return norms.Sum();
    }

    private bool AreEqualByValue(IReadOnlyList<WeightSource> sources)
    {
        if (sources.Any(source => (source.IsChanged && !source.IsView) || source.Stored.ElementType != sources[0].Stored.ElementType))
        {
            return false;
        }

        int differing = 0;
        ForEachBlock(sources[0].Stored.ElementCount, (_, start, count, scratch) =>
        {
            if (Volatile.Read(ref differing) != 0)
            {
                return;
            }

            Span<double> first = scratch.FirstDoubles(count);
            sources[0].Doubles(start, first);
            for (int i = 1; i < sources.Count; i++)
            {
                Span<double> other = scratch.SecondDoubles(count);
                sources[i].Doubles(start, other);
                if (!MemoryMarshal.AsBytes(first).SequenceEqual(MemoryMarshal.AsBytes(other)))
                {
                    Volatile.Write(ref differing, 1);
                    return;
                }
            }
        });
        return differing == 0;
    }
}
