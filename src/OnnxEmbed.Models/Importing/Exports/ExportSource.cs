using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Importing.Exports;

/// <summary>Where an exported model and the files beside it lie.</summary>
/// <param name="ModelPath">The ONNX file.</param>
/// <param name="Directory">The directory with <c>config.json</c> and the tokenizer.</param>
internal sealed record ExportSource(string ModelPath, string Directory)
{
    private static readonly string[] Places = [PackageFiles.Model, "model.onnx"];

    /// <summary>Whether an import takes the ONNX file of a source: it is one, or the directory has one and no weights that come first.</summary>
    /// <exception cref="DataException">The options ask for a format that the source does not have.</exception>
    public static bool IsChosen(ImportOptions options)
    {
        if (File.Exists(options.Source))
        {
            return options.From == ImportFormat.Safetensors
                ? throw new DataException($"{options.Source}: needs a directory with safetensors, got a file")
                : true;
        }

        if (options.From == ImportFormat.Onnx)
        {
            return ModelIn(options.Source) is not null
                ? true
                : throw new DataException($"{options.Source}: needs {string.Join(" or ", Places)}, there is none");
        }

        // The head of a language model lies beside the graph of a package and is no model.
        bool hasWeights = System.IO.Directory.EnumerateFiles(options.Source, "*.safetensors", SearchOption.AllDirectories)
            .Any(path => Path.GetFileName(path) != PackageFiles.Head);
        return options.From is null && !hasWeights && ModelIn(options.Source) is not null;
    }

    /// <summary>Finds the files.</summary>
    /// <exception cref="DataException">Config or tokenizer are missing; both are told.</exception>
    public static ExportSource Find(string source)
    {
        string model = File.Exists(source) ? Path.GetFullPath(source) : ModelIn(Path.GetFullPath(source))!;
        string beside = Path.GetDirectoryName(model)!;
        string above = Path.GetFileName(beside) == "onnx" ? Path.GetDirectoryName(beside) ?? beside : beside;
        string[] needed = [ModelConfig.FileName, TokenizerJson.FileName];
        string directory = needed.All(name => File.Exists(Path.Combine(beside, name))) ? beside : above;
        string[] missing = [.. needed.Where(name => !File.Exists(Path.Combine(directory, name)))];
        return missing.Length == 0
            ? new ExportSource(model, directory)
            : throw new DataException(
                $"{source}: needs {string.Join(" and ", missing)} beside it or in the directory above onnx/, got none in {directory}; copy them from the model it was exported from");
    }

    private static string? ModelIn(string directory) =>
        Places.Select(place => Path.Combine(directory, place)).FirstOrDefault(File.Exists);
}
