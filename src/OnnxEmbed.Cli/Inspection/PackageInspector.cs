using OnnxEmbed.Cli.Output;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Cli.Inspection;

/// <summary>What is in a model package.</summary>
internal static class PackageInspector
{
    public static Result Inspect(string path, bool all)
    {
        ModelPackage package = ModelPackage.Open(path);
        Result result = new Result()
            .Fact("path", path)
            .Fact("kind", "model package")
            .Fact("model_type", package.Config.ModelType)
            .Fact("hidden_size", package.Config.HiddenSize)
            .Fact("layers", package.Config.NumHiddenLayers)
            .Fact("heads", package.Config.NumAttentionHeads)
            .Fact("vocabulary", package.Config.VocabSize)
            .Fact("maximum_length", package.MaxLength)
            .Fact("pooling", package.Pooling.ToString().ToLowerInvariant())
            .Fact("normalized", package.Normalize)
            .Fact("language_model_head", package.HeadPath is not null);
        if (package.ReadProvenance() is { } provenance)
        {
            result.Fact("made_by", provenance.MadeBy).Fact("made_with", $"onnxembed {provenance.Version}");
            result.Table("made_from", ["role", "file", "sha256"], provenance.Inputs.Select(input => new object?[] { input.Role, input.File, input.Sha256 }));
            result.Table("made_with_options", ["option", "value"], provenance.Options.Select(option => new[] { option.Key, option.Value }));
        }

        OnnxInspector.Add(result, package.ModelPath, all);
        return result;
    }
}
