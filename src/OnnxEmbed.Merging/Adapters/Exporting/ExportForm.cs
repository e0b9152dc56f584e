namespace OnnxEmbed.Merging.Adapters.Exporting;

/// <summary>Forms in which an adapter is written.</summary>
public enum ExportForm
{
    /// <summary>ONNX Runtime's <c>.onnx_adapter</c>, for a model whose graph takes factors as inputs.</summary>
    OnnxAdapter,

    /// <summary>A directory in PEFT's layout.</summary>
    Peft,
}
