namespace OnnxEmbed.Data;

/// <summary>
/// xoshiro256** (Blackman and Vigna 2018, https://prng.di.unimi.it/xoshiro256starstar.c), seeded through SplitMix64 from a seed and names,
/// so that each property, split or part of the work has a stream of its own, whatever is drawn elsewhere. Own code, because the
/// sequence of <see cref="Random"/> is not promised to stay.
/// </summary>
internal sealed class SeededRandom
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    public SeededRandom(ulong seed, params ReadOnlySpan<string> stream)
    {
        foreach (string name in stream)
        {
            seed = Mix(seed ^ Hash(name));
        }

        unchecked
        {
            _s0 = Mix(seed += 0x9E3779B97F4A7C15);
            _s1 = Mix(seed += 0x9E3779B97F4A7C15);
            _s2 = Mix(seed += 0x9E3779B97F4A7C15);
            _s3 = Mix(seed + 0x9E3779B97F4A7C15);
        }
    }

    /// <summary>The finaliser of SplitMix64: a bijection that spreads every input bit over the output.</summary>
    public static ulong Mix(ulong value)
    {
        unchecked
        {
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }

    /// <summary>FNV-1a over the UTF-16 units, 64 bits, then mixed.</summary>
    public static ulong Hash(string text)
    {
        unchecked
        {
            ulong hash = 0xCBF29CE484222325;
            foreach (char unit in text)
            {
                hash = (hash ^ unit) * 0x100000001B3;
            }

            return Mix(hash);
        }
    }

    public ulong NextBits()
    {
        unchecked
        {
            ulong result = ulong.RotateLeft(_s1 * 5, 7) * 9;
            ulong shifted = _s1 << 17;
            _s2 ^= _s0;
            _s3 ^= _s1;
            _s1 ^= _s2;
            _s0 ^= _s3;
            _s2 ^= shifted;
            _s3 = ulong.RotateLeft(_s3, 45);
            return result;
        }
    }

    /// <summary>Uniform in [low, high], without bias (Lemire 2019, arXiv:1805.10941, algorithm 5).</summary>
    public long Between(long low, long high)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(high, low);
        ulong range = unchecked((ulong)high - (ulong)low + 1);
        if (range == 0)
        {
            return unchecked((long)NextBits());
        }

        ulong upper = Math.BigMul(NextBits(), range, out ulong lower);
        if (lower < range)
        {
            ulong threshold = unchecked(0 - range) % range;
            while (lower < threshold)
            {
                upper = Math.BigMul(NextBits(), range, out lower);
            }
        }

        return unchecked(low + (long)upper);
    }

    /// <summary>Uniform in [0, count).</summary>
    public int Below(int count) => (int)Between(0, count - 1);

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    public double Unit() => (NextBits() >> 11) * (1.0 / (1L << 53));

    public bool Coin() => (NextBits() >> 63) != 0;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>Fisher-Yates.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
