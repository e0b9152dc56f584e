using OnnxEmbed.Merging.Engine;

namespace OnnxEmbed.Merging.Vocabularies;

/// <summary>
/// What a recipe's <c>chat_template</c> means: Jinja text, the name of a format of conversations, or <c>auto</c>. An embedding model does
/// not use
/// it; it is carried in the tokenizer's config for programs that format texts with it.
/// </summary>
internal static class ChatTemplates
{
    /// <summary>The template that most of the models have.</summary>
    public const string Auto = "auto";

    private const string Start = "{{ bos_token }}{% for message in messages %}";
    private const string End = "{% endfor %}";

    /// <summary>Formats by name.</summary>
    public static IReadOnlyDictionary<string, string> Known { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["alpaca"] =
            "{% for message in messages %}{% if message['role'] == 'system' %}{{ message['content'] }}{% elif message['role'] == 'user' %}"
            + "{{ '### Instruction:\\n' + message['content'] }}{% else %}{{ '### Response:\\n' + message['content'] + eos_token }}{% endif %}{{ '\\n\\n' }}" + End
            + "{% if add_generation_prompt %}{{ '### Response:\\n' }}{% endif %}",
        ["chatml"] = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
            + End
            + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
        ["llama3"] = Start
            + "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}" + End
            + "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}",
        ["mistral"] = Start + "{% if message['role'] == 'assistant' %}{{ ' ' + message['content'] + eos_token }}{% else %}"
            + "{{ '[INST] ' + message['content'] + ' [/INST]' }}{% endif %}" + End,
        ["exaone"] =
            "{% for message in messages %}{{ '[|' + message['role'] + '|]' + message['content'] }}{% if message['role'] != 'user' %}"
            + "{{ '[|endofturn|]' }}{% endif %}{{ '\\n' }}" + End + "{% if add_generation_prompt %}{{ '[|assistant|]' }}{% endif %}",
    };

    /// <summary>What is wrong with a value of the field; null for nothing.</summary>
    public static string? Fault(string value) =>
        value == Auto || Known.ContainsKey(value) || value.Contains("{{", StringComparison.Ordinal)
            || value.Contains("{%", StringComparison.Ordinal) ? null
        : $"chat_template: needs {Auto}, {string.Join(", ", Known.Keys)} or a template in Jinja, got '{value}'";

    /// <summary>The text for the result; null where it keeps what it has.</summary>
    public static string? Of(string value, IReadOnlyList<MergeSource> sources, List<string> warnings)
    {
        if (sources[0].Package is null)
        {
            warnings.Add("chat_template: a bare model has no tokenizer_config.json to keep it in; it is passed over");
            return null;
        }

        if (value != Auto)
        {
            return Known.GetValueOrDefault(value, value);
        }

        string? most = sources.Where(source => source.Package is not null)
            .Select(source => VocabularyFiles.TemplateOf(source.Package!.FullPath))
            .OfType<string>().GroupBy(template => template).OrderByDescending(group => group.Count()).FirstOrDefault()?.Key;
        if (most is null)
        {
            warnings.Add($"chat_template: none of the models has one to take by '{Auto}'");
        }

        return most;
    }
}
