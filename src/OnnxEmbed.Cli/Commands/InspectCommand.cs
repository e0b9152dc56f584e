using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Inspection;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Runs;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>inspect</c>: what is in a file or directory of ours.</summary>
internal sealed class InspectCommand(Session session)
{
    private const string Kinds = "a model package, a LoRA adapter, a run, or an .onnx, .safetensors or .parquet file";

    [Command("inspect", Description = "Says what is in a file or directory. It is " + Kinds + ".")]
    [Example("onnxembed inspect artifacts/fresh")]
    [Example("onnxembed inspect artifacts/run/adapter/adapter_model.safetensors --all")]
    public async Task<int> Run(
        OutputOptions output,
        [Argument(Description = "The file or directory.")] string path,
        [Option("all", Description = "List every tensor.")] bool all = false)
    {
        ResultWriter.Write(session, output.ResultFormat, await InspectAsync(path, all));
        return ExitStatus.Done;
    }

    private async Task<Result> InspectAsync(string path, bool all)
    {
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            throw new FileNotFoundException($"{path}: needs {Kinds}, found nothing there");
        }

        if (LoraAdapter.IsAdapter(path) && !RunSummary.IsRun(path))
        {
            return AdapterInspector.Inspect(path, all);
        }

        if (Directory.Exists(path))
        {
            return ModelPackage.IsPackage(path) ? PackageInspector.Inspect(path, all)
                : RunSummary.IsRun(path) ? RunInspector.Inspect(path, all)
                : throw new DataException($"{path}: needs {Kinds}");
        }

        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".onnx" => OnnxInspector.Inspect(path, all),
            ".safetensors" => SafetensorsInspector.Inspect(path, all),
            ".parquet" => await ParquetInspector.InspectAsync(path, session.Cancellation),
            _ => throw new DataException($"{path}: needs {Kinds}"),
        };
    }
}
