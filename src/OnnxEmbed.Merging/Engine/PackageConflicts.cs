using System.Text.Json;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <summary>
/// Compares the files beside the models. Those of the first package are carried over byte for byte; where another has different ones, the
/// report names it. Different vocabularies stop the merge: rows of the embedding would not mean the same tokens.
/// </summary>
internal static class PackageConflicts
{
    private const string Tokenizer = "tokenizer.json";

    private static readonly string[] Compared =
    [
        Tokenizer, "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "modules.json", "1_Pooling/config.json", "2_Normalize/config.json",
        "sentence_bert_config.json", "config_sentence_transformers.json", "head.safetensors",
    ];

    /// <summary>Returns a line for each file that differs.</summary>
    /// <exception cref="DataException">The tokenizers have different vocabularies.</exception>
    public static IReadOnlyList<string> Check(IReadOnlyList<MergeSource> sources)
    {
        List<string> warnings = [];
        MergeSource first = sources[0];
        if (first.Package is not { } package)
        {
            return warnings;
        }

        foreach (MergeSource source in sources.Skip(1))
        {
            if (source.Package is not { } other)
            {
                continue;
            }

            foreach (string name in Compared)
            {
                string? difference = Compare(Path.Combine(package.FullPath, name), Path.Combine(other.FullPath, name));
                if (difference is null)
                {
                    continue;
                }

                if (name == Tokenizer && !SameVocabulary(package, other))
                {
                    throw new DataException(
                        $"merge: needs the same vocabulary in all models, {first.Label} and {source.Label} have different ones in {Tokenizer}");
                }

                warnings.Add($"{name} {difference} in {source.Label}; that of {first.Label} is kept");
            }
        }

        return warnings;
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
