using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>inspect</c>: what is in a file or directory of ours.</summary>
internal sealed class InspectCommand(Session session)
{
    [Command("inspect", Description = "Says what is in a safetensors file.")]
    [Example("onnxembed inspect artifacts/run/adapter/adapter_model.safetensors")]
    public int Run([Argument(Description = "The file.")] string path, OutputOptions output)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Result result = new Result()
            .Fact("path", path)
            .Fact("kind", "safetensors")
            .Fact("tensors", file.Tensors.Count);
        ResultWriter.Write(session, output.ResultFormat, result);
        return ExitStatus.Done;
    }
}
