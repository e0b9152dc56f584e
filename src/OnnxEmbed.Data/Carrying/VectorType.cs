namespace OnnxEmbed.Data.Carrying;

/// <summary>How the numbers of a <see cref="VectorColumn"/> are kept.</summary>
public enum VectorType
{
    /// <summary>32-bit floating point (Parquet FLOAT).</summary>
    Float32,

    /// <summary>16-bit floating point (Parquet FLOAT16, two bytes of fixed length).</summary>
    Float16,

    /// <summary>8-bit integers (Parquet INT 8) and a scale of 32-bit floating point for each row in a column beside them.</summary>
    Int8,
}
