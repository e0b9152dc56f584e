using System.IO.Compression;
using System.Text.Json.Nodes;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;

namespace OnnxEmbed.Models.Shipping.Targets;

/// <summary>OpenSearch ML Commons: a zip of model and tokenizer, and the body of the request that registers it.</summary>
internal sealed class OpenSearchTarget : ShipTarget
{
    private const string Archive = "model.zip";
    private const string Request = "register.json";

    // The oldest time that a zip can hold: the same model gives the same bytes.
    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override string Name => "opensearch";

    public override string Summary => "OpenSearch ML Commons: model.zip and the request that registers it";

    public override void Plan(ShipPlan plan)
    {
        ModelPackage package = plan.Package;
        plan.Needs(plan.Facts.FirstIsTokens, "token vectors f32 [batch, sequence, width] as the first output", plan.Facts.FirstOutput);
        plan.Needs(plan.TokenPooling is not null, "a vector that is pooled token vectors", "Dense modules after the pooling");
        plan.Model("model.onnx", new ModelForm(SingleFile: true), choosesFile: false);
        plan.Copy(TokenizerJson.FileName);
        plan.Files.Add((Archive, path => Zip(path, ["model.onnx", TokenizerJson.FileName])));
        plan.Files.Add((Request, path => File.WriteAllText(path, Body(plan, Path.GetDirectoryName(path)!))));
        plan.Reading = new ConsumerReading(null, package.Pooling, package.Normalize);
        plan.Limits.Add("texts are cut where tokenizer.json says, not at the package's maximum length");
        if (package.DefaultPrompt.Length > 0)
        {
            plan.Limits.Add($"the prompt '{package.DefaultPrompt}' is not put before texts: do it in the ingest pipeline");
        }

        plan.Usage = $"""
            Put `{Archive}` where the cluster can download it, write its address into `url` of `{Request}`, and register it:

            ```bash
            curl -X POST "$OPENSEARCH/_plugins/_ml/models/_register" -H 'Content-Type: application/json' -d @{Request}
            ```

            `model.onnx` and `tokenizer.json` are the contents of the archive.
            """;
    }

    private static void Zip(string path, string[] names)
    {
        using ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (string name in names)
        {
            ZipArchiveEntry entry = archive.CreateEntry(name, CompressionLevel.NoCompression);
            entry.LastWriteTime = NoTime;
            using Stream target = entry.Open();
            using FileStream source = File.OpenRead(Path.Combine(Path.GetDirectoryName(path)!, name));
            source.CopyTo(target);
        }
    }

    private static string Body(ShipPlan plan, string directory)
    {
        ModelPackage package = plan.Package;
        return JsonText.Of(new JsonObject
        {
            ["name"] = package.Name,
            ["version"] = "1.0.0",
            ["model_format"] = "ONNX",
            ["function_name"] = "TEXT_EMBEDDING",
            ["model_content_size_in_bytes"] = new FileInfo(Path.Combine(directory, Archive)).Length,
            ["model_content_hash_value"] = ProvenanceInput.Of("archive", directory, Archive).Sha256,
            ["model_config"] = new JsonObject
            {
                ["model_type"] = package.Config.ModelType,
                ["embedding_dimension"] = package.EmbeddingSize,
                ["framework_type"] = "huggingface_transformers",
                ["pooling_mode"] = plan.TokenPooling switch
                {
                    PoolingMode.Mean => "mean",
                    PoolingMode.Cls => "cls",
                    PoolingMode.Last => "lasttoken",
                    PoolingMode.Max => "max",
                    PoolingMode.WeightedMean => "weightedmean",
                    _ => "mean_sqrt_len",
                },
                ["normalize_result"] = package.Normalize,
            },
            ["url"] = "https://example.org/" + Archive,
        });
    }
}
