using System.Runtime.InteropServices;

namespace OnnxEmbed.Data.Carrying;

/// <summary>A column of vectors of one width, some rows of which may be null, with the scale of each row where they are 8-bit integers.</summary>
/// <param name="name">Name of the column.</param>
/// <param name="type">How the numbers are kept.</param>
/// <param name="rows">Number of rows.</param>
/// <param name="width">Numbers of a vector, at least 1.</param>
public sealed class VectorColumn(string name, VectorType type, int rows, int width)
{
    /// <summary>What the column of scales is called: the name of the vectors' column and this.</summary>
    public const string ScaleSuffix = "_scale";

    private readonly byte[] _values = new byte[(long)rows * width * SizeOf(type)];
    private readonly float[] _scales = new float[type == VectorType.Int8 ? rows : 0];
    private readonly bool[] _nulls = new bool[rows];

    /// <summary>Name of the column.</summary>
    public string Name => name;

    /// <summary>How the numbers are kept.</summary>
    public VectorType Type => type;

    /// <summary>Number of rows.</summary>
    public int Rows => rows;

    /// <summary>Numbers of a vector.</summary>
    public int Width => width;

    internal ReadOnlySpan<bool> Nulls => _nulls;

    internal ReadOnlySpan<float> Scales => _scales;

    /// <summary>Names of the columns that a vector column of a type is written as.</summary>
    public static IReadOnlyList<string> Names(string name, VectorType type) => type == VectorType.Int8 ? [name, name + ScaleSuffix] : [name];

    /// <summary>Makes a row null.</summary>
    public void SetNull(int row) => _nulls[row] = true;

    /// <summary>
    /// Sets a row. As f16 each number is rounded to the nearest, ties to even. As int8 the scale is max|x| / 127 and each number
    /// round(x / scale), ties to even, so that number × scale differs from x by at most half a scale; a vector of zeros has scale 0.
    /// </summary>
    /// <param name="row">In [0, <see cref="Rows"/>); several threads may set different rows.</param>
    /// <param name="vector">[<see cref="Width"/>] finite numbers.</param>
    public void Set(int row, ReadOnlySpan<float> vector)
    {
        Span<byte> target = RowBytes(row);
        switch (type)
        {
            case VectorType.Float32:
                MemoryMarshal.AsBytes(vector).CopyTo(target);
                break;
            case VectorType.Float16:
                System.Numerics.Tensors.TensorPrimitives.ConvertToHalf(vector, MemoryMarshal.Cast<byte, Half>(target));
                break;
            default:
                float scale = Math.Abs(System.Numerics.Tensors.TensorPrimitives.MaxMagnitude(vector)) / sbyte.MaxValue;
                _scales[row] = scale;
                for (int i = 0; i < vector.Length; i++)
                {
                    target[i] = scale == 0 ? (byte)0 : unchecked((byte)(sbyte)Math.Clamp(MathF.Round(vector[i] / scale), -sbyte.MaxValue, sbyte.MaxValue));
                }

                break;
        }
    }

    internal ReadOnlySpan<byte> Bytes(int row) => RowBytes(row);

    private static int SizeOf(VectorType type) => type switch
    {
        VectorType.Float32 => sizeof(float),
        VectorType.Float16 => 2,
        _ => 1,
    };

    private Span<byte> RowBytes(int row) => _values.AsSpan(row * width * SizeOf(type), width * SizeOf(type));
}
