namespace OnnxEmbed.Data;

/// <summary>What a column of a <see cref="ParquetTable"/> holds, one cell a row; every kind may have null rows.</summary>
public enum ColumnKind
{
    /// <summary>Text (Parquet STRING).</summary>
    String,

    /// <summary>64-bit signed integers; narrower integers of a file are widened on reading.</summary>
    Integer,

    /// <summary>64-bit floating point numbers.</summary>
    Double,

    /// <summary>32-bit floating point numbers.</summary>
    Float,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>Lists of 64-bit signed integers; narrower integers of a file are widened on reading.</summary>
    IntegerList,

    /// <summary>Lists of 64-bit floating point numbers.</summary>
    DoubleList,

    /// <summary>Lists of 32-bit floating point numbers.</summary>
    FloatList,
}
