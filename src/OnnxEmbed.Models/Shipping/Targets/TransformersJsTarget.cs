using System.Text.Json.Nodes;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Shipping.Targets;

/// <summary>
/// transformers.js 3 and 4: files in <c>onnx/</c> by the suffix of the dtype, token vectors pooled by the caller's word, the last token
/// taken from the last position.
/// </summary>
internal sealed class TransformersJsTarget : ShipTarget
{
    public override string Name => "transformers.js";

    public override string Summary => "@huggingface/transformers in Node and browsers, with fp16 and 8-bit variants";

    public override IReadOnlyList<ModelVariant> UsualVariants => [ModelVariant.Fp16, ModelVariant.Int8];

    public override void Plan(ShipPlan plan)
    {
        ModelPackage package = plan.Package;
        plan.Needs(plan.Facts.FirstIsTokens, "token vectors f32 [batch, sequence, width] as the first output", plan.Facts.FirstOutput);
        plan.Model("onnx/model.onnx", new ModelForm(), choosesFile: true);
        plan.Copy(TokenizerJson.FileName);
        bool last = plan.TokenPooling == PoolingMode.Last;
        plan.TokenizerConfig(padsLeft: last);
        plan.CopyWhatIs([TokenizerFile.SpecialTokens, PackageFiles.Card, "LICENSE"]);
        WriteConfig(plan);
        string? word = plan.TokenPooling switch
        {
            PoolingMode.Mean => "mean",
            PoolingMode.Cls => "cls",
            PoolingMode.Last => "last_token",
            _ => null,
        };
        if (word is not null)
        {
            plan.Reading = new ConsumerReading("last_hidden_state", package.Pooling, package.Normalize, PadsLeft: last);
        }

        if (package.DefaultPrompt.Length > 0)
        {
            plan.Limits.Add($"the prompt '{package.DefaultPrompt}' is not put before texts: do it in the call");
        }

        plan.Usage = Usage(plan, word);
    }

    private static string Usage(ShipPlan plan, string? pooling) => pooling is null
        ? $$"""
            No pooling word of the pipeline is what this package does; the graph does it, as `sentence_embedding`:

            ```js
            import { AutoModel, AutoTokenizer, env } from '@huggingface/transformers';
            env.localModelPath = '..'; // where the directory lies
            const tokenizer = await AutoTokenizer.from_pretrained('{{plan.DirectoryName}}');
            const model = await AutoModel.from_pretrained('{{plan.DirectoryName}}', { dtype: 'fp32' });
            const { sentence_embedding } = await model(tokenizer(['a text', 'another'], { padding: true, truncation: true }));
            ```
            """
        : $$"""
            ```js
            import { pipeline, env } from '@huggingface/transformers';
            env.localModelPath = '..'; // where the directory lies
            const embed = await pipeline('feature-extraction', '{{plan.DirectoryName}}', { dtype: 'fp32' }); // or fp16, q8 where shipped
            const vectors = await embed(['a text', 'another'], { pooling: '{{pooling}}', normalize: {{(plan.Package.Normalize ? "true" : "false")}} });
            ```
            """;

    private static void WriteConfig(ShipPlan plan)
    {
        if (plan.Facts.WeightBytes <= Onnx.OnnxWriteOptions.InlineLimit)
        {
            plan.Copy(ModelConfig.FileName);
            return;
        }

        string path = Path.Combine(plan.Package.FullPath, ModelConfig.FileName);
        JsonObject config = JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? throw new DataException($"{path}: needs a JSON object");
        JsonObject external = new() { ["model.onnx"] = 1 };
        config["transformers.js_config"] = new JsonObject { ["use_external_data_format"] = external };
        plan.Changes.Add($"{ModelConfig.FileName}: says that the weights of model.onnx lie in a file beside it");
        plan.Text(ModelConfig.FileName, JsonText.Of(config));
    }
}
