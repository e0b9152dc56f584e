using OnnxEmbed.Models.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Packages;

/// <content>Prompts.</content>
public sealed partial class ModelPackage
{
    /// <summary>The name that stands for no prompt.</summary>
    public const string NoPrompt = "none";

    /// <summary>The prompts of <c>config_sentence_transformers.json</c> by name; none where the package has no such file.</summary>
    /// <exception cref="DataException">The file is wrong.</exception>
    public IReadOnlyDictionary<string, string> ReadPrompts()
    {
        string path = Path.Combine(FullPath, PackageFiles.Sentences);
        JsonField prompts = File.Exists(path) ? JsonField.Read(path)["prompts"] : default;
        return prompts.Exists
            ? prompts.Members().ToDictionary(member => member.Name, member => member.Value.AsString(), StringComparer.Ordinal)
            : new Dictionary<string, string>();
    }

    /// <summary>The prompt of a name; empty for <see cref="NoPrompt"/>.</summary>
    /// <exception cref="OptionException">The package has no prompt of that name; the text lists those it has.</exception>
    public string PromptNamed(string name)
    {
        IReadOnlyDictionary<string, string> prompts = ReadPrompts();
        return prompts.TryGetValue(name, out string? prompt) ? prompt
            : name == NoPrompt ? ""
            : throw new OptionException(
                $"prompt: needs {string.Join(", ", prompts.Keys.Order(StringComparer.Ordinal).Append(NoPrompt))}, got {name}");
    }
}
