using System.Text;
using System.Text.Json.Nodes;
using OnnxEmbed.Models.Json;

namespace OnnxEmbed.Models.Packages;

/// <summary>
/// The small files of a package in sentence-transformers' layout
/// (https://github.com/huggingface/sentence-transformers/tree/v5.1.0/sentence_transformers/models) and the model card.
/// </summary>
internal static class PackageFiles
{
    public const string Model = "onnx/model.onnx";
    public const string ModelData = "onnx/model.onnx_data";
    public const string Modules = "modules.json";
    public const string Pooling = "1_Pooling/config.json";
    public const string Normalize = "2_Normalize/config.json";
    public const string Sequence = "sentence_bert_config.json";
    public const string Sentences = "config_sentence_transformers.json";
    public const string Head = "head.safetensors";
    public const string Card = "README.md";

    /// <summary>Flags of 1_Pooling and the modes that they stand for.</summary>
    public static readonly IReadOnlyDictionary<string, PoolingMode> PoolingFlags = new Dictionary<string, PoolingMode>
    {
        ["pooling_mode_cls_token"] = PoolingMode.Cls,
        ["pooling_mode_mean_tokens"] = PoolingMode.Mean,
        ["pooling_mode_max_tokens"] = PoolingMode.Max,
        ["pooling_mode_mean_sqrt_len_tokens"] = PoolingMode.MeanSqrtLen,
        ["pooling_mode_weightedmean_tokens"] = PoolingMode.WeightedMean,
        ["pooling_mode_lasttoken"] = PoolingMode.Last,
    };

    public static void WriteLayout(string directory, ModelConfig config, PoolingMode pooling, bool normalize, int maxLength)
    {
        JsonArray modules = [Module(0, "", "Transformer"), Module(1, "1_Pooling", "Pooling")];
        JsonObject flags = new() { ["word_embedding_dimension"] = config.HiddenSize };
        foreach ((string name, PoolingMode mode) in PoolingFlags)
        {
            flags[name] = mode == pooling;
        }

        flags["include_prompt"] = true;
        if (normalize)
        {
            modules.Add(Module(2, "2_Normalize", "Normalize"));
        }

        JsonText.Write(Path.Combine(directory, Modules), modules);
        WriteIn(directory, Pooling, flags);
        if (normalize)
        {
            // sentence-transformers reads nothing from it; an empty directory would be lost in git.
            WriteIn(directory, Normalize, new JsonObject());
        }

        JsonText.Write(Path.Combine(directory, Sequence), new JsonObject { ["max_seq_length"] = maxLength, ["do_lower_case"] = false });
        JsonText.Write(Path.Combine(directory, Sentences), new JsonObject
        {
            ["prompts"] = new JsonObject(),
            ["default_prompt_name"] = null,
            ["similarity_fn_name"] = "cosine",
        });
    }

    public static string CardText(
        string name, ModelConfig config, PoolingMode pooling, bool normalize, int maxLength, Provenance provenance, string description)
    {
        StringBuilder text = new();
        text.Append("---\nlibrary_name: sentence-transformers\npipeline_tag: sentence-similarity\n")
            .Append("tags:\n- sentence-transformers\n- onnx\n- onnxembed\n---\n\n");
        text.Append($"# {name}\n\n");
        if (description.Length > 0)
        {
            text.Append(description.TrimEnd()).Append("\n\n");
        }

        string inputs = config.TakesTokenTypes ? "`input_ids`, `attention_mask`, `token_type_ids`" : "`input_ids`, `attention_mask`";
        text.Append(FormattableString.Invariant(
            $"""
            | | |
            |---|---|
            | architecture | {config.ModelType}, {config.NumHiddenLayers} layers, width {config.HiddenSize} |
            | vector | {config.HiddenSize} numbers, {pooling.ToString().ToLowerInvariant()} pooling{(normalize ? ", length 1" : "")} |
            | longest text | {maxLength} tokens |
            | made by | `onnxembed {provenance.MadeBy}` {provenance.Version}; options, seeds and hashes are in `{Provenance.FileName}` |

            `{Model}` takes {inputs} (int64, batch_size × sequence_length) and gives `last_hidden_state` and,
            pooled{(normalize ? " and scaled to length 1" : "")}, `sentence_embedding`.

            """)).Append('\n');
        text.Append("```bash\nonnxembed embed . --data texts.parquet --out embeddings.parquet\n```\n\n");
        text.Append("```python\nfrom sentence_transformers import SentenceTransformer\n")
            .Append("model = SentenceTransformer(\".\", backend=\"onnx\")\n```\n");
        return text.ToString();
    }

    private static JsonObject Module(int index, string path, string type) => new()
    {
        ["idx"] = index,
        ["name"] = index.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["path"] = path,
        ["type"] = $"sentence_transformers.models.{type}",
    };

    private static void WriteIn(string directory, string name, JsonNode value)
    {
        string path = Path.Combine(directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        JsonText.Write(path, value);
    }
}
