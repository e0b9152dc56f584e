using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// Whether an element of a model's tensor is dropped at random: a function of seed, tensor, model and position alone, so that it does not
/// matter in which order, by which thread and with which other tensors it is asked for.
/// </summary>
/// <param name="seed">Seed of the merge.</param>
/// <param name="tensor">Name of the tensor.</param>
/// <param name="model">Number of the model among those that are merged into the base, 0 for the first.</param>
internal readonly struct RandomMask(ulong seed, string tensor, int model)
{
    /// <summary>2^32: a number of the generator serves two elements.</summary>
    private const double Range = 4294967296;

    private readonly CounterRandom _stream = new(seed, string.Create(CultureInfo.InvariantCulture, $"mask/{model}/{tensor}"));

    /// <summary>A number in [0, 2^32) for the element at a position; it is kept where this is below 2^32 times its probability.</summary>
    public uint At(long position) => unchecked((uint)(_stream.At((ulong)position >> 1) >> (int)((position & 1) << 5)));

    /// <summary>Sets each value to 0 but with a probability.</summary>
    /// <param name="values">Elements of the tensor from <paramref name="start"/> on.</param>
    /// <param name="start">Position of the first.</param>
    /// <param name="probability">Probability to be kept, in [0, 1].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Drop(Span<double> values, long start, double probability)
    {
        long limit = Limit(probability);
        ref long bits = ref Unsafe.As<double, long>(ref MemoryMarshal.GetReference(values));
        int i = 0;
        unchecked
        {
            if ((start & 1) == 1 && values.Length > 0)
            {
                bits &= (At(start) - limit) >> 63;
                i = 1;
            }

            for (; i <= values.Length - 2; i += 2)
            {
                // The sign of the difference is the mask: all ones below the limit.
                ulong number = _stream.At((ulong)(start + i) >> 1);
                Unsafe.Add(ref bits, i) &= ((long)(uint)number - limit) >> 63;
                Unsafe.Add(ref bits, i + 1) &= ((long)(number >> 32) - limit) >> 63;
            }

            if (i < values.Length)
            {
                Unsafe.Add(ref bits, i) &= (At(start + i) - limit) >> 63;
            }
        }
    }

    /// <summary>Sets each value to 0 but with a probability of its own.</summary>
    /// <param name="values">Elements of the tensor from <paramref name="start"/> on.</param>
    /// <param name="start">Position of the first.</param>
    /// <param name="probabilities">Probability of each to be kept, in [0, 1].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Drop(Span<double> values, long start, ReadOnlySpan<double> probabilities)
    {
        ref long bits = ref Unsafe.As<double, long>(ref MemoryMarshal.GetReference(values));
        ref double probability = ref MemoryMarshal.GetReference(probabilities[..values.Length]);
        int i = 0;
        unchecked
        {
            if ((start & 1) == 1 && values.Length > 0)
            {
                bits &= (At(start) - Limit(probability)) >> 63;
                i = 1;
            }

            for (; i <= values.Length - 2; i += 2)
            {
                ulong number = _stream.At((ulong)(start + i) >> 1);
                Unsafe.Add(ref bits, i) &= ((long)(uint)number - Limit(Unsafe.Add(ref probability, i))) >> 63;
                Unsafe.Add(ref bits, i + 1) &= ((long)(number >> 32) - Limit(Unsafe.Add(ref probability, i + 1))) >> 63;
            }

            if (i < values.Length)
            {
                Unsafe.Add(ref bits, i) &= (At(start + i) - Limit(Unsafe.Add(ref probability, i))) >> 63;
            }
        }
    }

    /// <summary>Whether the element at a position is kept.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Keeps(long position, double probability) => At(position) < Limit(probability);

    private static long Limit(double probability) => unchecked((long)Math.Ceiling(probability * Range));
}
