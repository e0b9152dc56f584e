using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Architectures;

/// <summary>
/// Fresh weights as Hugging Face initialises these architectures: matrices normal with mean 0 and the config's
/// <c>initializer_range</c>, the padding row of the token table 0, biases 0, scales of normalisations 1. Each number is a function of
/// (seed, parameter name, position), so it does not depend on the order in which parameters are asked for.
/// </summary>
public static class SeededWeights
{
    /// <summary>Weights in f32.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="seed">Other seeds give other weights.</param>
    public static TensorSource For(ModelConfig config, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(config);
        string? table = KnownArchitectures.Find(config.ModelType)?.TokenTable;
        return (name, shape) =>
        {
            float[] values = new float[TensorData.CountElements(shape)];
            if (shape.Length == 1)
            {
                values.AsSpan().Fill(name.EndsWith(".weight", StringComparison.Ordinal) ? 1 : 0);
            }
            else
            {
                FillNormal(values, Key(seed, name), config.InitializerRange);
                if (config.PadTokenId is int pad && pad < shape[0] && name == table)
                {
                    values.AsSpan((int)(pad * shape[1]), (int)shape[1]).Clear();
                }
            }

            return TensorData.From<float>(values, shape);
        };
    }

    private static ulong Key(ulong seed, string name)
    {
        byte[] text = new byte[8 + Encoding.UTF8.GetByteCount(name)];
        BinaryPrimitives.WriteUInt64LittleEndian(text, seed);
        Encoding.UTF8.GetBytes(name, text.AsSpan(8));
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(text));
    }

    // Box-Muller (Ann. Math. Statist. 29, 1958) on a counter hashed by SplitMix64 (Steele et al., OOPSLA 2014).
    private static void FillNormal(Span<float> values, ulong key, double deviation)
    {
        for (int i = 0; i < values.Length; i += 2)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - Uniform(key, (ulong)i))) * deviation;
            (double sin, double cos) = Math.SinCos(2 * Math.PI * Uniform(key, (ulong)i + 1));
            values[i] = (float)(radius * cos);
            if (i + 1 < values.Length)
            {
                values[i + 1] = (float)(radius * sin);
            }
        }
    }

    // Uniform in [0, 1) with 53 bits.
    private static double Uniform(ulong key, ulong counter)
    {
        unchecked
        {
            ulong z = key + ((counter + 1) * 0x9E3779B97F4A7C15UL);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
        }
    }
}
