namespace OnnxEmbed.Onnx;

/// <summary>Where the bytes of large initializers go.</summary>
public enum ExternalDataMode
{
    /// <summary>
    /// A model as it was read keeps its layout; any other goes into one file up to 1.5 GB and has external data above, since a protobuf
    /// message ends at 2 GB.
    /// </summary>
    Auto,

    /// <summary>Every tensor above 1 KiB goes into the data file.</summary>
    Always,

    /// <summary>Everything lies in the model file.</summary>
    Never,
}
