using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Importing;

/// <summary>What a package does around its model: the files of sentence-transformers in a directory, and the options that come before them.</summary>
internal static class ModuleSettings
{
    // Where neither a file nor the architecture bounds a text.
    private const int Unbounded = 1 << 20;

    /// <param name="options">What comes before the files.</param>
    /// <param name="directory">The directory with <c>modules.json</c>, if there is one.</param>
    /// <param name="inner">The transformer's directory within it; empty for itself.</param>
    /// <param name="config">The architecture.</param>
    /// <param name="faults">Receives what is wrong with the files.</param>
    public static SentenceModules Resolve(ImportOptions options, string directory, string inner, ModelConfig config, FaultList faults)
    {
        SentenceModules found = File.Exists(Path.Combine(directory, PackageFiles.Modules))
            ? SentenceModules.Read(directory, config, faults)
            : SentenceModules.ReadTexts(directory, inner, config, faults) with
            {
                Pooling = config.IsDecoder ? PoolingMode.Last : PoolingMode.Mean,
                Normalize = true,
            };
        int width = config.HiddenSize;
        foreach (DenseLayer layer in found.Dense)
        {
            if (layer.InFeatures != width)
            {
                faults.Add($"{Path.Combine(directory, layer.Path)}: in_features needs {width}, the width that comes in, got {layer.InFeatures}");
            }

            width = layer.OutFeatures;
        }

        Dictionary<string, string> prompts = new(found.Prompts, StringComparer.Ordinal);
        foreach ((string name, string text) in options.Prompts)
        {
            prompts[name] = text;
        }

        string? chosen = options.DefaultPrompt switch { null => found.DefaultPromptName, ModelPackage.NoPrompt => null, string name => name };
        if (chosen is not null && !prompts.ContainsKey(chosen))
        {
            throw new OptionException($"default prompt: needs one of {(prompts.Count == 0 ? "the prompts, there are none" : string.Join(", ", prompts.Keys))}, got {chosen}");
        }

        return found with
        {
            Pooling = options.Pooling ?? found.Pooling,
            Normalize = options.Normalize ?? found.Normalize,
            MaxLength = LengthOf(options, Path.Combine(directory, inner), config, found),
            Prompts = prompts,
            DefaultPromptName = chosen,
        };
    }

    private static int LengthOf(ImportOptions options, string transformer, ModelConfig config, SentenceModules found)
    {
        int most = config.MaxSequenceLength > 0 ? config.MaxSequenceLength : Unbounded;
        if (options.MaxLength is int wanted)
        {
            return wanted >= 1 && wanted <= most ? wanted : throw new OptionException($"maximum length: needs a number in [1, {most}], got {wanted}");
        }

        // transformers writes 10^30 where a tokenizer has no limit.
        string path = Path.Combine(transformer, "tokenizer_config.json");
        JsonField limit = File.Exists(path) ? JsonField.Read(path)["model_max_length"] : default;
        double tokens = limit.IsNumber ? limit.AsDouble() : most;
        return found.MaxLength ?? (tokens >= 1 && tokens < most ? (int)tokens : most);
    }
}
