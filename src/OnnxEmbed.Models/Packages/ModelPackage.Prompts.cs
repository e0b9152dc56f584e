using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Packages;

/// <content>Prompts.</content>
public sealed partial class ModelPackage
{
    /// <summary>The name that stands for no prompt.</summary>
    public const string NoPrompt = "none";

    /// <summary>Texts that may be put before a text, by name, as <c>config_sentence_transformers.json</c> lists them.</summary>
    public IReadOnlyDictionary<string, string> Prompts { get; }

    /// <summary>Put before every text, as <c>config_sentence_transformers.json</c> says; empty for none.</summary>
    public string DefaultPrompt { get; }

    /// <summary>The prompt of a name; empty for <see cref="NoPrompt"/>.</summary>
    /// <exception cref="OptionException">The package has no prompt of that name; the text lists those it has.</exception>
    public string PromptNamed(string name) => Prompts.TryGetValue(name, out string? prompt) ? prompt
        : name == NoPrompt ? ""
        : throw new OptionException(
            $"prompt: needs {string.Join(", ", Prompts.Keys.Order(StringComparer.Ordinal).Append(NoPrompt))}, got {name}");
}
