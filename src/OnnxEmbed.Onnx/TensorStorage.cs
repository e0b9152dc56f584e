namespace OnnxEmbed.Onnx;

/// <summary>How a file holds the values of an initializer.</summary>
public enum TensorStorage
{
    /// <summary>Nowhere: an empty tensor, or one made in memory.</summary>
    None,

    /// <summary>As little-endian bytes in the model file (<c>raw_data</c>, packed <c>float_data</c> or <c>double_data</c>).</summary>
    Inline,

    /// <summary>As numbers of another encoding in the model file (<c>int32_data</c>, <c>int64_data</c>, unpacked fields).</summary>
    TypedField,

    /// <summary>As little-endian bytes in an external data file.</summary>
    External,
}
