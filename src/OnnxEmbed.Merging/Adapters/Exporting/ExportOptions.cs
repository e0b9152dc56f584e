using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Adapters.Exporting;

/// <summary>Which adapter is written in which form.</summary>
public sealed record ExportOptions
{
    /// <summary>Adapter directory, or a run that holds one.</summary>
    public required string Adapter { get; init; }

    /// <summary>What to write.</summary>
    public ExportForm Form { get; init; } = ExportForm.OnnxAdapter;

    /// <summary>File (<c>.onnx_adapter</c>) or directory (PEFT) to write.</summary>
    public required string Output { get; init; }

    /// <summary>Element type of the factors; null as they are.</summary>
    public ElementType? ElementType { get; init; }

    /// <summary>The model that gets inputs for the adapter: a package or a bare file; null for none.</summary>
    public string? Base { get; init; }

    /// <summary>Where that model is written: a directory if the base is a package, else a file.</summary>
    public string? ModelOutput { get; init; }

    /// <summary>Whether existing outputs are replaced.</summary>
    public bool Force { get; init; }
}
