using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Compression;

/// <summary>How a matrix is cut into groups that have one scale each, and where the code of an item lies in the 8-bit matrix.</summary>
/// <param name="Count">Groups.</param>
/// <param name="Size">Items of a group.</param>
/// <param name="GroupStride">Elements from a group to the next in the weight.</param>
/// <param name="ItemStride">Elements from an item to the next in the weight.</param>
/// <param name="CodeGroupStride">The same in the matrix of codes.</param>
/// <param name="CodeItemStride">The same in the matrix of codes.</param>
internal readonly record struct WeightGroups(long Count, long Size, long GroupStride, long ItemStride, long CodeGroupStride, long CodeItemStride)
{
    /// <summary>The code of 0; codes lie in [1, 255].</summary>
    public const byte ZeroCode = 128;

    private const float Steps = 127;
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>One scale a group: the largest magnitude takes 127 steps.</summary>
    public TensorData Scales(TensorData weight, params long[] shape) => TensorData.From<float>(Scales(weight.ToSingles()), shape);

    /// <summary>The codes, rounded to the nearest step.</summary>
    /// <exception cref="DataException">A value is not finite.</exception>
    public TensorData Codes(TensorData weight, params long[] shape)
    {
        float[] values = weight.ToSingles();
        float[] scales = Scales(values);
        byte[] codes = new byte[values.Length];
        for (long group = 0; group < Count; group++)
        {
            for (long item = 0; item < Size; item++)
            {
                float steps = MathF.Round(values[(group * GroupStride) + (item * ItemStride)] / scales[group]);
                if (!float.IsFinite(steps))
                {
                    throw new DataException($"8-bit weights: needs finite values in {weight}, got {values[(group * GroupStride) + (item * ItemStride)]}");
                }

                codes[(group * CodeGroupStride) + (item * CodeItemStride)] = (byte)(ZeroCode + (int)Math.Clamp(steps, -Steps, Steps));
            }
        }

        return TensorData.FromBytes(ElementType.UInt8, shape, codes);
    }

    private float[] Scales(float[] values)
    {
        float[] scales = new float[Count];
        for (long group = 0; group < Count; group++)
        {
            float largest = 0;
            for (long item = 0; item < Size; item++)
            {
                largest = Math.Max(largest, Math.Abs(values[(group * GroupStride) + (item * ItemStride)])); // NaN stays NaN, and is told with its code
            }

            scales[group] = largest > 0 ? Math.Max(largest / Steps, SmallestNormal) : 1;
        }

        return scales;
    }
}
