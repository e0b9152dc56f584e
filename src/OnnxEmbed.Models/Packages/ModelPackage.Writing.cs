using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Packages;

/// <content>Writing.</content>
public sealed partial class ModelPackage
{
    /// <summary>Writes a new package, which appears when it is complete.</summary>
    /// <param name="directory">Where it shall appear.</param>
    /// <param name="contents">What it is made of.</param>
    /// <param name="force">Whether a directory of that name is replaced.</param>
    /// <exception cref="OptionException">The path is taken.</exception>
    public static ModelPackage Create(string directory, PackageContents contents, bool force = false)
    {
        ArgumentNullException.ThrowIfNull(contents);
        using AtomicOutput output = AtomicOutput.Directory(directory, force);
        string target = output.TemporaryPath;
        contents.WriteTokenizer(target);
        File.WriteAllText(Path.Combine(target, ModelConfig.FileName), contents.ConfigText ?? contents.Config.ToJson());
        PackageFiles.WriteLayout(target, contents);
        Directory.CreateDirectory(Path.Combine(target, "onnx"));
        contents.WriteModel(Path.Combine(target, PackageFiles.Model));
        PackageFiles.WriteDense(target, contents.Dense);
        WriteHead(target, contents.Head);
        File.WriteAllText(Path.Combine(target, Provenance.FileName), contents.Provenance.ToJson());
        string card = PackageFiles.CardText(
            Path.GetFileName(output.TargetPath),
            contents.Config,
            contents.Pooling,
            contents.Dense,
            contents.Normalize,
            contents.MaxLength,
            contents.Provenance,
            contents.Description);
        File.WriteAllText(Path.Combine(target, PackageFiles.Card), card);
        contents.Verify?.Invoke(Open(target));
        output.Commit();
        return Open(output.TargetPath);
    }

    /// <summary>
    /// Writes a package that differs from this one in its weights: tokenizer, config and layout are copied byte for byte, provenance and
    /// model card are new.
    /// </summary>
    /// <param name="directory">Where it shall appear.</param>
    /// <param name="writeModel">Writes the model to the path it is given (and external data beside it).</param>
    /// <param name="provenance">How the new package was made.</param>
    /// <param name="head">New parameters of the language-model head; null copies the head that is there.</param>
    /// <param name="description">Markdown for the model card.</param>
    /// <param name="writeMore">Writes further files into the directory it is given, such as a merge report.</param>
    /// <param name="force">Whether a directory of that name is replaced.</param>
    /// <param name="config">Text of <c>config.json</c> where it changes with the weights; null copies the one that is there.</param>
    /// <exception cref="OptionException">The path is taken.</exception>
    public ModelPackage CopyTo(
        string directory,
        Action<string> writeModel,
        Provenance provenance,
        IReadOnlyDictionary<string, TensorData>? head = null,
        string description = "",
        Action<string>? writeMore = null,
        bool force = false,
        string? config = null)
    {
        ArgumentNullException.ThrowIfNull(writeModel);
        ArgumentNullException.ThrowIfNull(provenance);
        using AtomicOutput output = AtomicOutput.Directory(directory, force);
        string target = output.TemporaryPath;
        foreach (string name in CopiedFiles())
        {
            string path = Path.Combine(target, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Copy(Path.Combine(FullPath, name), path);
        }

        ModelConfig shown = Config;
        if (config is not null)
        {
            File.WriteAllText(Path.Combine(target, ModelConfig.FileName), config);
            shown = ModelConfig.Load(Path.Combine(target, ModelConfig.FileName));
        }

        Directory.CreateDirectory(Path.Combine(target, "onnx"));
        writeModel(Path.Combine(target, PackageFiles.Model));
        PackageFiles.WriteDense(target, Dense);
        if (head is not null)
        {
            WriteHead(target, head);
        }
        else if (HeadPath is string path)
        {
            File.Copy(path, Path.Combine(target, PackageFiles.Head));
        }

        File.WriteAllText(Path.Combine(target, Provenance.FileName), provenance.ToJson());
        string card = PackageFiles.CardText(
            Path.GetFileName(output.TargetPath), shown, Pooling, Dense, Normalize, MaxLength, provenance, description);
        File.WriteAllText(Path.Combine(target, PackageFiles.Card), card);
        writeMore?.Invoke(target);
        output.Commit();
        return Open(output.TargetPath);
    }

    // Named files only: what else lies in the source (variants of the model, reports of an earlier merge) does not hold for new weights.
    internal IEnumerable<string> CopiedFiles() => ((string[])
        [
            ModelConfig.FileName, TokenizerJson.FileName, "tokenizer_config.json", "special_tokens_map.json",
            "vocab.txt", "vocab.json", "merges.txt",
            "added_tokens.json", "tokenizer.model", "sentencepiece.bpe.model", "chat_template.jinja", "generation_config.json", "LICENSE",
            PackageFiles.Modules, PackageFiles.Sequence, PackageFiles.Sentences, .. PackageFiles.ModuleConfigs(Dense, Normalize),
        ]).Where(name => File.Exists(Path.Combine(FullPath, name)));

    private static void WriteHead(string directory, IReadOnlyDictionary<string, TensorData>? head)
    {
        if (head is { Count: > 0 })
        {
            SafetensorsWriter.Write(Path.Combine(directory, PackageFiles.Head), head, new Dictionary<string, string> { ["format"] = "pt" });
        }
    }
}
