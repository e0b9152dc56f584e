namespace OnnxEmbed.Training.Stepping;

/// <summary>How ONNX Runtime executes.</summary>
public sealed record EngineOptions
{
    /// <summary>Threads within an operator. The results do not depend on it.</summary>
    /// <value>0 lets ONNX Runtime take one thread for each physical core.</value>
    public int Threads { get; init; }

    /// <summary>
    /// Whether products and elementwise chains run on kernels of ours (OnnxEmbed.Kernels) where the processor allows, or all on ONNX
    /// Runtime's. The results agree up to rounding.
    /// </summary>
    /// <value>True unless set.</value>
    public bool OwnKernels { get; init; } = true;

    /// <summary>Where ONNX Runtime writes a profile (a JSON trace) of the training session.</summary>
    /// <value>Null for none.</value>
    public string? ProfilePrefix { get; init; }
}
