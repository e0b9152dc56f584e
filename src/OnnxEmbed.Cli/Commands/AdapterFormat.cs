using OnnxEmbed.Merging.Adapters.Exporting;

namespace OnnxEmbed.Cli.Commands;

/// <summary>Forms of an exported adapter as the command line names them.</summary>
internal enum AdapterFormat
{
    Onnx = ExportForm.OnnxAdapter,
    Peft = ExportForm.Peft,
}
