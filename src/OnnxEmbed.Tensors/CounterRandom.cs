using System.Text;

namespace OnnxEmbed.Tensors;

/// <summary>
/// Random numbers as a function of (seed, key, counter): the n-th number of a stream needs no other number, so a draw depends neither on
/// the order of the draws nor on threads. SplitMix64 (Steele, Lea, Flood, OOPSLA 2014, https://doi.org/10.1145/2714064.2660195).
/// </summary>
public struct CounterRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private readonly ulong _stream;
    private ulong _counter;

    /// <summary>The stream of a seed and a key.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="key">What the numbers are for, such as a parameter's name or <c>sampler/3</c>.</param>
    public CounterRandom(ulong seed, string key)
    {
        // FNV-1a over the key's UTF-8 bytes; the mixer below spreads it.
        ulong hash = 14695981039346656037;
        foreach (byte octet in Encoding.UTF8.GetBytes(key))
        {
            hash = unchecked((hash ^ octet) * 1099511628211);
        }

        _stream = Mix(unchecked(Mix(unchecked(seed + Golden)) ^ hash));
        _counter = 0;
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next() => unchecked(Mix(_stream + (Golden * ++_counter)));

    /// <summary>The 64 bits of number <paramref name="index"/> (0 is the first) of the stream, wherever <see cref="Next"/> has come to.</summary>
    public readonly ulong At(ulong index) => unchecked(Mix(_stream + (Golden * (index + 1))));

    /// <summary>A double in [0, 1), of 53 bits.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>An integer in [0, <paramref name="bound"/>), without bias (Lemire, https://arxiv.org/abs/1805.10941).</summary>
    public int NextBelow(int bound)
    {
        ulong limit = unchecked(0UL - (ulong)bound) % (ulong)bound;
        while (true)
        {
            UInt128 product = (UInt128)Next() * (UInt128)bound;
            if ((ulong)(product & ulong.MaxValue) >= limit)
            {
                return (int)(ulong)(product >> 64);
            }
        }
    }

    /// <summary>A number of the standard normal distribution (Box and Muller; the second of each pair is not used).</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>Puts items in a random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = NextBelow(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
