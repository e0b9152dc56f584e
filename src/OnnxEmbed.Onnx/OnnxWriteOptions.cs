namespace OnnxEmbed.Onnx;

/// <summary>How <see cref="OnnxModel.Save"/> writes.</summary>
public sealed record OnnxWriteOptions
{
    /// <summary>Tensors of at most this many bytes never leave the model file: 1 KiB, the threshold of onnx's own helpers.</summary>
    public const long ExternalThreshold = 1024;

    /// <summary>Bytes of tensor data above which <see cref="ExternalDataMode.Auto"/> uses a data file: 1.5 GB.</summary>
    public const long InlineLimit = 1_500_000_000;

    /// <summary>Where the bytes of large initializers go.</summary>
    /// <value>Default <see cref="ExternalDataMode.Auto"/>.</value>
    public ExternalDataMode ExternalData { get; init; } = ExternalDataMode.Auto;

    /// <summary>Whether existing files are replaced.</summary>
    /// <value>Default false.</value>
    public bool Force { get; init; }
}
