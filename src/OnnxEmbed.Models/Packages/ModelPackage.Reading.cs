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
        (bool pools, bool normalize) = faults.Value(() => ReadModules(Path.Combine(full, PackageFiles.Modules)), (false, false));
        PoolingMode pooling = pools ? faults.Value(() => ReadPooling(Path.Combine(full, PackageFiles.Pooling), config), default) : default;
        int maxLength = faults.Value(() => ReadMaxLength(Path.Combine(full, PackageFiles.Sequence), config), 0);
        string prompt = faults.Value(() => ReadPrompt(Path.Combine(full, PackageFiles.Sentences)), "");
        faults.ThrowIfAny();
        return new ModelPackage(full, config, pooling, normalize, maxLength, prompt);
    }

    private static (bool Pools, bool Normalize) ReadModules(string path)
    {
        List<string> kinds = [];
        foreach (JsonField module in JsonField.Read(path).Items())
        {
            string kind = module["type"].AsString().Split('.')[^1];
            kinds.Add(kind is "Transformer" or "Pooling" or "Normalize"
                ? kind
                : throw module["type"].Fault("a module that is built (Transformer, Pooling, Normalize)"));
        }

        return string.Join(' ', kinds) switch
        {
            "Transformer Pooling" => (true, false),
            "Transformer Pooling Normalize" => (true, true),
            string other => throw new DataException(
                $"{path}: needs the modules Transformer, Pooling [, Normalize] in this order, got {other}"),
        };
    }

    private static PoolingMode ReadPooling(string path, ModelConfig config)
    {
        JsonField json = JsonField.Read(path);
        string[] set = [.. json.Members()
            .Where(member => member.Name.StartsWith("pooling_mode_", StringComparison.Ordinal) && member.Value.BooleanOr(false))
            .Select(member => member.Name)];
        if (config.HiddenSize > 0 && json["word_embedding_dimension"].Exists)
        {
            json["word_embedding_dimension"].AsInt32(config.HiddenSize, config.HiddenSize);
        }

        if (!json["include_prompt"].BooleanOr(true))
        {
            throw json["include_prompt"].Fault("true: pooling that leaves out the prompt is not supported");
        }

        return set.Length == 1 && PackageFiles.PoolingFlags.TryGetValue(set[0], out PoolingMode mode)
            ? mode
            : throw new DataException(
                $"{path}: needs one of {string.Join(", ", PackageFiles.PoolingFlags.Keys)}, "
                + $"got {(set.Length == 0 ? "none" : string.Join(" and ", set))}");
    }

    private static int ReadMaxLength(string path, ModelConfig config)
    {
        int most = config.MaxSequenceLength > 0 ? config.MaxSequenceLength : 1 << 20;
        JsonField field = File.Exists(path) ? JsonField.Read(path)["max_seq_length"] : default;
        return field.Exists ? field.AsInt32(1, most) : most;
    }

    private static string ReadPrompt(string path)
    {
        if (!File.Exists(path))
        {
            return "";
        }

        JsonField json = JsonField.Read(path);
        return json["default_prompt_name"].StringOrNull() is string name ? json["prompts"][name].AsString() : "";
    }
}
