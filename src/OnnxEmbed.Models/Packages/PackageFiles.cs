using System.Text;
using System.Text.Json.Nodes;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

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
    public const string PoolingPath = "1_Pooling";
    public const string ModuleConfig = "config.json";
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

    /// <summary>The configs of the modules after the transformer: pooling, Dense, normalisation.</summary>
    public static IEnumerable<string> ModuleConfigs(IReadOnlyList<DenseLayer> dense, bool normalize) =>
        ((string[])[PoolingPath, .. dense.Select(layer => layer.Path), .. normalize ? [NormalizePath(dense)] : Array.Empty<string>()])
        .Select(path => $"{path}/{ModuleConfig}");

    /// <summary>The weights of the Dense modules.</summary>
    public static IEnumerable<string> DenseWeights(IReadOnlyList<DenseLayer> dense) =>
        dense.Select(layer => $"{layer.Path}/{DenseLayer.WeightsFile}");

    public static void WriteLayout(string directory, PackageContents contents)
    {
        JsonArray modules = [Module(0, "", "Transformer"), Module(1, PoolingPath, "Pooling")];
        JsonObject flags = new() { ["word_embedding_dimension"] = contents.Config.HiddenSize };
        foreach ((string name, PoolingMode mode) in PoolingFlags)
        {
            flags[name] = mode == contents.Pooling;
        }

        flags["include_prompt"] = true;
        WriteIn(directory, $"{PoolingPath}/{ModuleConfig}", flags);
        foreach (DenseLayer layer in contents.Dense)
        {
            modules.Add(Module(modules.Count, layer.Path, "Dense"));
            WriteIn(directory, $"{layer.Path}/{ModuleConfig}", new JsonObject
            {
                ["in_features"] = layer.InFeatures,
                ["out_features"] = layer.OutFeatures,
                ["bias"] = layer.Bias,
                ["activation_function"] = layer.ActivationFunction,
            });
        }

        if (contents.Normalize)
        {
            string path = NormalizePath(contents.Dense);
            modules.Add(Module(modules.Count, path, "Normalize"));

            // sentence-transformers reads nothing from it; an empty directory would be lost in git.
            WriteIn(directory, $"{path}/{ModuleConfig}", new JsonObject());
        }

        JsonText.Write(Path.Combine(directory, Modules), modules);
        JsonText.Write(Path.Combine(directory, Sequence), new JsonObject { ["max_seq_length"] = contents.MaxLength, ["do_lower_case"] = false });
        JsonText.Write(Path.Combine(directory, Sentences), new JsonObject
        {
            ["prompts"] = new JsonObject(contents.Prompts.Select(prompt => KeyValuePair.Create(prompt.Key, (JsonNode?)prompt.Value))),
            ["default_prompt_name"] = contents.DefaultPromptName,
            ["similarity_fn_name"] = contents.Similarity,
        });
    }

    /// <summary>Copies the parameters of the Dense modules out of a model to where sentence-transformers reads them.</summary>
    public static void WriteDense(string directory, IReadOnlyList<DenseLayer> dense)
    {
        if (dense.Count == 0)
        {
            return;
        }

        using OnnxModel model = OnnxModel.Load(Path.Combine(directory, Model));
        foreach (DenseLayer layer in dense)
        {
            SafetensorsWriter.Write(
                Path.Combine(directory, layer.Path, DenseLayer.WeightsFile),
                layer.Parameters.ToDictionary(parameter => parameter.InModule, parameter => model.Tensors[parameter.InGraph]),
                new Dictionary<string, string> { ["format"] = "pt" });
        }
    }

    public static string CardText(
        string name,
        ModelConfig config,
        PoolingMode pooling,
        IReadOnlyList<DenseLayer> dense,
        bool normalize,
        int maxLength,
        Provenance provenance,
        string description)
    {
        int width = dense.Count > 0 ? dense[^1].OutFeatures : config.HiddenSize;
        string layers = dense.Count > 0 ? FormattableString.Invariant($", {dense.Count} dense") : "";
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
            | vector | {width} numbers, {pooling.ToString().ToLowerInvariant()} pooling{layers}{(normalize ? ", length 1" : "")} |
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

    private static string NormalizePath(IReadOnlyList<DenseLayer> dense) => FormattableString.Invariant($"{2 + dense.Count}_Normalize");

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
