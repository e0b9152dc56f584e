using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Merging.Adapters.Exporting;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>adapter export</c>: an adapter for another program.</summary>
internal sealed class AdapterExportCommand(Session session)
{
    [Command("export", Description = "Writes a LoRA adapter for ONNX Runtime (.onnx_adapter) or PEFT. "
        + "--base and --model also write the model that takes such adapters: its graph has inputs for their factors, and without an adapter it "
        + "is the base. Adapters of the same layers need it once, whatever their rank.")]
    [Example("onnxembed adapter export artifacts/run -o artifacts/run.onnx_adapter --base artifacts/pretrained/model --model artifacts/with-inputs")]
    [Example("onnxembed adapter export artifacts/run --to peft --dtype f16 -o artifacts/adapter-f16")]
    public int Run(
        OutputOptions output,
        [Argument(Description = "Adapter: a directory in PEFT's layout, or a run.")] string adapter,
        [Option("out", ['o'], Description = "File to write, of the ending .onnx_adapter, or directory for PEFT (required).", ValueName = "PATH")] string? @out = null,
        [Option("to", Description = "Form.")] AdapterFormat to = AdapterFormat.Onnx,
        [Option("dtype", Description = "Type of the factors: f32, f16, bf16 or f64; as they are unless given.", ValueName = "TYPE")] string? dtype = null,
        [Option("base", Description = "The model that gets inputs for the adapter: a package or an .onnx file.", ValueName = "MODEL")] string? @base = null,
        [Option("model", Description = "Where that model is written: a package or an .onnx file, like --base.", ValueName = "PATH")] string? model = null,
        [Option("force", Description = "Replace outputs that exist.")] bool force = false)
    {
        ExportOptions options = new()
        {
            Adapter = adapter,
            Form = (ExportForm)to,
            Output = @out ?? throw new OptionException("adapter export: needs --out PATH"),
            ElementType = Type(dtype),
            Base = @base,
            ModelOutput = model,
            Force = force,
        };
        ExportReport report = AdapterExport.Run(options);
        ResultWriter.Write(session, output.ResultFormat, new Result()
            .Fact("out", options.Output)
            .Fact("modules", report.Modules)
            .Fact("parameters", report.Parameters)
            .Fact("model", model)
            .Fact("graph_inputs", report.GraphInputs));
        return ExitStatus.Done;
    }

    private static ElementType? Type(string? dtype) => dtype is null ? null
        : Enum.GetValues<FactorType>().Select(type => (ElementType)type).Where(type => type.ShortName() == dtype).Select(type => (ElementType?)type).FirstOrDefault()
            ?? throw new OptionException($"--dtype: needs f32, f16, bf16 or f64, got '{dtype}'");
}
