using System.Numerics;

namespace OnnxEmbed.Evaluation.Statistics;

/// <summary>
/// Pseudo-random numbers that are the same on every machine and version: xoshiro256** (D. Blackman and S. Vigna, "Scrambled linear
/// pseudorandom number generators", 2021), seeded through SplitMix64 from a seed and a stream number.
/// </summary>
internal sealed class RandomStream
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    public RandomStream(ulong seed, ulong stream = 0)
    {
        unchecked
        {
            ulong state = seed ^ (stream * 0xD1342543DE82EF95UL);
            _s0 = SplitMix(ref state);
            _s1 = SplitMix(ref state);
            _s2 = SplitMix(ref state);
            _s3 = SplitMix(ref state);
        }
    }

    public ulong NextBits()
    {
        unchecked
        {
            ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
            ulong t = _s1 << 17;
            _s2 ^= _s0;
            _s3 ^= _s1;
            _s1 ^= _s2;
            _s0 ^= _s3;
            _s2 ^= t;
            _s3 = BitOperations.RotateLeft(_s3, 45);
            return result;
        }
    }

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, bound), without bias (D. Lemire, "Fast random integer generation in an interval", 2019).</summary>
    public int NextInt(int bound)
    {
        unchecked
        {
            uint range = (uint)bound;
            ulong product = (NextBits() >> 32) * range;
            if ((uint)product < range)
            {
                uint threshold = (0u - range) % range;
                while ((uint)product < threshold)
                    product = (NextBits() >> 32) * range;
            }

            return (int)(product >> 32);
        }
    }

    /// <summary>Standard normal, by the polar method.</summary>
    public double NextNormal()
    {
        while (true)
        {
            double u = (2 * NextDouble()) - 1, v = (2 * NextDouble()) - 1, s = (u * u) + (v * v);
            if (s is > 0 and < 1)
                return u * Math.Sqrt(-2 * Math.Log(s) / s);
        }
    }

    /// <summary>Fisher-Yates; stops after the first <paramref name="count"/> places are drawn.</summary>
    public void Shuffle<T>(Span<T> items, int count = int.MaxValue)
    {
        for (int i = 0; i < Math.Min(items.Length - 1, count); i++)
        {
            int j = i + NextInt(items.Length - i);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong SplitMix(ref ulong state)
    {
        unchecked
        {
            ulong z = state += 0x9E3779B97F4A7C15UL;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
    }
}
