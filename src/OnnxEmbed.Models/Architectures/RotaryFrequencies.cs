namespace OnnxEmbed.Models.Architectures;

/// <summary>
/// The angles by which rotary positions turn: pair i of a head turns by position · Inverse[i]. Each step is rounded to f32 as transformers
/// rounds it (modeling_rope_utils.py, 4.57), so that long texts get the same angles.
/// </summary>
/// <param name="Inverse">Radians a position, d/2 of them.</param>
/// <param name="Factor">Multiplies sine and cosine.</param>
internal sealed record RotaryFrequencies(float[] Inverse, double Factor = 1)
{
    /// <summary>LongRoPE's frequencies of texts of more than <c>Above</c> tokens; null where all texts have the same.</summary>
    public (int Above, float[] Inverse)? Long { get; init; }

    /// <summary>
    /// Dynamic NTK: a text of n &gt; Positions tokens has the base θ · (Factor · n / Positions - (Factor - 1))^(d / (d - 2)).
    /// </summary>
    public (double Factor, int Positions)? Growth { get; init; }

    /// <summary>θ^(-2i/d) (Su et al. 2021, arXiv:2104.09864, §3.2.2).</summary>
    /// <param name="width">d, even.</param>
    /// <param name="theta">θ.</param>
    public static RotaryFrequencies Of(int width, double theta) =>
        new([.. Enumerable.Range(0, width / 2).Select(i => 1f / (float)Math.Pow((float)theta, 2f * i / width))]);

    /// <summary>The frequencies that a config stretches to longer texts.</summary>
    /// <param name="width">d, even.</param>
    /// <param name="theta">θ.</param>
    /// <param name="scaling">How; null for not at all.</param>
    /// <param name="positions">The config's <c>max_position_embeddings</c>.</param>
    public static RotaryFrequencies Of(int width, double theta, RopeScaling? scaling, int positions)
    {
        RotaryFrequencies plain = Of(width, theta);
        return scaling?.Type switch
        {
            null => plain,
            RopeScaling.Linear => plain.Divided(_ => scaling.Factor!.Value),
            RopeScaling.Dynamic => plain with { Growth = (scaling.Factor!.Value, scaling.OriginalMaxPositionEmbeddings ?? positions) },
            RopeScaling.Llama3 => Llama3(plain, scaling),
            RopeScaling.Yarn => Yarn(plain, theta, scaling, positions),
            RopeScaling.LongRope => LongRope(plain, scaling, positions),
            _ => throw new ArgumentOutOfRangeException(nameof(scaling), scaling.Type, "needs a known rope type"),
        };
    }

    private RotaryFrequencies Divided(Func<int, double> divisor) =>
        this with { Inverse = [.. Inverse.Select((frequency, i) => frequency / (float)divisor(i))] };

    // Llama 3.1: wavelengths above original / low are stretched, those below original / high are not, between them it is mixed linearly.
    private static RotaryFrequencies Llama3(RotaryFrequencies plain, RopeScaling scaling)
    {
        double original = scaling.OriginalMaxPositionEmbeddings!.Value;
        (double low, double high) = (scaling.LowFreqFactor!.Value, scaling.HighFreqFactor!.Value);
        return plain with { Inverse = [.. plain.Inverse.Select(frequency => (float)(frequency * Kept(2 * Math.PI / frequency)))] };

        double Kept(double wavelength)
        {
            double smooth = Math.Clamp(((original / wavelength) - low) / (high - low), 0, 1);
            return ((1 - smooth) / scaling.Factor!.Value) + smooth;
        }
    }

    // YaRN (Peng et al. 2023, arXiv:2309.00071, §3.2): pairs that turn often within the original length stay, slow ones are stretched.
    private static RotaryFrequencies Yarn(RotaryFrequencies plain, double theta, RopeScaling scaling, int positions)
    {
        int width = 2 * plain.Inverse.Length;
        double original = scaling.OriginalMaxPositionEmbeddings ?? positions;
        double factor = scaling.Factor ?? (positions / original);
        double Pair(double rotations) => width * Math.Log(original / (rotations * 2 * Math.PI)) / (2 * Math.Log(theta));
        (double low, double high) = (Pair(scaling.BetaFast ?? 32), Pair(scaling.BetaSlow ?? 1));
        (low, high) = scaling.Truncate ? (Math.Floor(low), Math.Ceiling(high)) : (low, high);
        (low, high) = (Math.Max(low, 0), Math.Min(high, width - 1));
        high += low == high ? 0.001 : 0; // as transformers avoids the division by 0
        float Mixed(float frequency, int i)
        {
            double stretched = Math.Clamp((i - low) / (high - low), 0, 1);
            return (float)((frequency / factor * stretched) + (frequency * (1 - stretched)));
        }

        return new RotaryFrequencies([.. plain.Inverse.Select(Mixed)], scaling.AttentionFactor ?? Temperature());

        double Temperature() => scaling is { Mscale: > 0 and double one, MscaleAllDim: > 0 and double all }
            ? Mscale(one) / Mscale(all)
            : Mscale(1);
        double Mscale(double weight) => factor <= 1 ? 1 : (0.1 * weight * Math.Log(factor)) + 1;
    }

    // LongRoPE (Ding et al. 2024, arXiv:2402.13753): divisors for each pair, one list up to the original length and one above it.
    private static RotaryFrequencies LongRope(RotaryFrequencies plain, RopeScaling scaling, int positions)
    {
        int original = scaling.OriginalMaxPositionEmbeddings ?? positions;
        double factor = scaling.OriginalMaxPositionEmbeddings is null ? scaling.Factor ?? 1 : (double)positions / original;
        double temperature = factor <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(factor) / Math.Log(original)));
        return plain.Divided(i => scaling.ShortFactor![i]) with
        {
            Factor = scaling.AttentionFactor ?? temperature,
            Long = (original, plain.Divided(i => scaling.LongFactor![i]).Inverse),
        };
    }
}
