namespace OnnxEmbed.Models.Importing;

/// <summary>Which files of a directory an import reads where there are several.</summary>
public enum ImportFormat
{
    /// <summary>Weights in safetensors, for a graph that is built here.</summary>
    Safetensors,

    /// <summary>An exported graph with its weights.</summary>
    Onnx,
}
