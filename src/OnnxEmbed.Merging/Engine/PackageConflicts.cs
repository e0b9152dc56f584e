using System.Globalization;
using System.Text.Json;
using OnnxEmbed.Merging.Vocabularies;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <summary>
/// Compares the files beside the models. Those of the first package are carried over byte for byte; where another has different ones, the
/// report names it. Different vocabularies stop the merge: rows of the embedding would not mean the same tokens.
/// </summary>
internal static class PackageConflicts
{
    private const string Tokenizer = TokenizerFile.Name;

    private static readonly string[] Compared =
    [
        Tokenizer, "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "modules.json", "1_Pooling/config.json", "2_Normalize/config.json",
        "sentence_bert_config.json", "config_sentence_transformers.json", "head.safetensors",
    ];

    /// <summary>Adds a line for each file, or setting in one, that differs.</summary>
    /// <param name="sources">The models.</param>
    /// <param name="options">The merge, which says whether and how different vocabularies are merged.</param>
    /// <param name="faults">Receives different vocabularies otherwise.</param>
    /// <param name="warnings">Receives the lines.</param>
    /// <returns>The tokens of the result, where they are not simply the first model's in its rows.</returns>
    public static VocabularyPlan? Check(IReadOnlyList<MergeSource> sources, MergeOptions options, List<string> faults, List<string> warnings)
    {
        MergeSource first = sources[0];
        if (first.Package is not { } package)
        {
            if (options.Vocabulary is { } asked && (asked.Source != VocabularySource.Base || asked.Tokens.Count > 0 || asked.PadToMultipleOf > 1))
            {
                warnings.Add($"tokenizer: {first.Label} is no package and has none; rows of tokens stay where they are");
            }

            return null;
        }

        bool differ = false;
        foreach (MergeSource source in sources.Skip(1))
        {
            if (source.Package is not { } other || other.FullPath == package.FullPath)
            {
                continue;
            }

            Dictionary<string, string> settings = Settings(first.Label, package, source.Label, other);
            foreach (string name in Compared)
            {
                string? difference = Compare(Path.Combine(package.FullPath, name), Path.Combine(other.FullPath, name));
                if (settings.TryGetValue(name, out string? setting))
                {
                    warnings.Add($"{setting}; that of {first.Label} is kept");
                }
                else if (difference is not null && name == Tokenizer && !SameVocabulary(package, other))
                {
                    differ = true;
                    if (options is { AlignVocabulary: false, Vocabulary: null })
                    {
                        faults.Add($"needs the same vocabulary in all models, {first.Label} and {source.Label} have different ones in {Tokenizer}; "
                            + "--vocab union or base merges them token by token");
                    }
                }
                else if (difference is not null)
                {
                    warnings.Add($"{name} {difference} in {source.Label}; that of {first.Label} is kept");
                }
            }
        }

        return faults.Count > 0 ? null : VocabularyPlan.Make(sources, options, differ, faults, warnings);
    }

    /// <summary>What the packages say differently, by file.</summary>
    private static Dictionary<string, string> Settings(string firstLabel, ModelPackage first, string otherLabel, ModelPackage other)
    {
        Dictionary<string, string> found = [];
        Add("1_Pooling/config.json", "pooling", Word(first.Pooling), Word(other.Pooling));
        Add("modules.json", "normalisation", first.Normalize ? "on" : "off", other.Normalize ? "on" : "off");
        Add("sentence_bert_config.json", "the maximum length", Number(first.MaxLength), Number(other.MaxLength));
        Add("config_sentence_transformers.json", "the prompt", $"'{first.DefaultPrompt}'", $"'{other.DefaultPrompt}'");
        return found;

        void Add(string file, string what, string one, string two)
        {
            if (one != two)
            {
                found[file] = $"{what} is {one} in {firstLabel}, {two} in {otherLabel}";
            }
        }

        static string Word(PoolingMode mode) => mode.ToString().ToLowerInvariant();

        static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
    }

    private static string? Compare(string first, string other) => (File.Exists(first), File.Exists(other)) switch
    {
        (false, false) => null,
        (true, false) => "is missing",
        (false, true) => "is additional",
        _ => SameBytes(first, other) ? null : "differs",
    };

    private static bool SameBytes(string first, string other)
    {
        using MappedFile left = MappedFile.Open(first);
        using MappedFile right = MappedFile.Open(other);
        if (left.Length != right.Length)
        {
            return false;
        }

        const int Chunk = 1 << 20;
        for (long start = 0; start < left.Length; start += Chunk)
        {
            int count = (int)Math.Min(Chunk, left.Length - start);
            if (!left.Slice(start, count).SequenceEqual(right.Slice(start, count)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether model (with its vocabulary) and added tokens are the same; limits on length and padding do not matter.</summary>
    private static bool SameVocabulary(ModelPackage first, ModelPackage other)
    {
        using JsonDocument left = Read(first);
        using JsonDocument right = Read(other);
        return Same("model") && Same("added_tokens");

        bool Same(string name) => left.RootElement.TryGetProperty(name, out JsonElement one) == right.RootElement.TryGetProperty(name, out JsonElement two)
            && (one.ValueKind == JsonValueKind.Undefined || JsonElement.DeepEquals(one, two));

        static JsonDocument Read(ModelPackage package)
        {
            string path = Path.Combine(package.FullPath, Tokenizer);
            try
            {
                JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
                return json.RootElement.ValueKind == JsonValueKind.Object ? json : throw new DataException($"{path}: needs a JSON object, got {json.RootElement.ValueKind}");
            }
            catch (JsonException exception)
            {
                throw new DataException($"{path}: needs JSON, got: {exception.Message}", exception);
            }
        }
    }
}
