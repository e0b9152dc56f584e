namespace OnnxEmbed.Training.Stepping;

/// <summary>How ONNX Runtime executes.</summary>
public sealed record EngineOptions
{
    /// <summary>Threads within an operator. The results do not depend on it.</summary>
    /// <value>0 lets ONNX Runtime take one thread for each physical core.</value>
    public int Threads { get; init; }

    /// <summary>Where ONNX Runtime writes a profile (a JSON trace) of the training session.</summary>
    /// <value>Null for none.</value>
    public string? ProfilePrefix { get; init; }
}
