using OnnxEmbed.Cli.Output;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Inspection;

/// <summary>What is in a safetensors file.</summary>
internal static class SafetensorsInspector
{
    public static Result Inspect(string path, bool all)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Result result = new Result().Fact("path", path).Fact("kind", "safetensors").Fact("bytes", new FileInfo(path).Length);
        foreach ((string name, string value) in file.Metadata)
        {
            result.Fact($"metadata.{name}", value);
        }

        TensorTable.AddTo(result, file.Tensors, all);
        return result;
    }
}
