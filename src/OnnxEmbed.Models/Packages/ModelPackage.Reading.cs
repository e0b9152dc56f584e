using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Packages;

/// <content>Reading.</content>
public sealed partial class ModelPackage
{
    /// <summary>Whether a path looks like a package: a directory with <c>config.json</c> and <c>onnx/model.onnx</c>.</summary>
    public static bool IsPackage(string path) =>
        File.Exists(Path.Combine(path, ModelConfig.FileName)) && File.Exists(Path.Combine(path, PackageFiles.Model));

    /// <summary>Opens a package: reads its small files and checks that the large ones are there.</summary>
    /// <exception cref="DataException">The directory or files are missing or have wrong values; all faults are listed.</exception>
    public static ModelPackage Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        if (!Directory.Exists(full))
        {
            throw new DataException(File.Exists(full)
                ? $"{directory}: needs a model package, which is a directory, got a file"
                : $"{directory}: needs a model package, there is no such directory");
        }

        FaultList faults = new();
        foreach (string name in (string[])[PackageFiles.Model, TokenizerJson.FileName])
        {
            if (!File.Exists(Path.Combine(full, name)))
            {
                faults.Add($"{Path.Combine(full, name)}: needs to exist, there is no such file");
            }
        }

        ModelConfig config = faults.Value(
            () => ModelConfig.Load(Path.Combine(full, ModelConfig.FileName)), new OtherConfig("") { HiddenSize = 0 });
        SentenceModules modules = SentenceModules.Read(full, config, faults);
        faults.ThrowIfAny();
        return new ModelPackage(full, config, modules);
    }
}
