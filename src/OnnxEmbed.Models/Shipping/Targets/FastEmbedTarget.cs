using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;

namespace OnnxEmbed.Models.Shipping.Targets;

/// <summary>fastembed (Qdrant): takes the first output, pools mean or cls, or not at all; four small files are required.</summary>
internal sealed class FastEmbedTarget : ShipTarget
{
    public override string Name => "fastembed";

    public override string Summary => "Qdrant's fastembed, as a custom model from a local directory";

    public override void Plan(ShipPlan plan)
    {
        ModelPackage package = plan.Package;
        string? pooling = plan.TokenPooling switch
        {
            PoolingMode.Mean => "MEAN",
            PoolingMode.Cls => "CLS",
            _ => null,
        };
        plan.Model("onnx/model.onnx", new ModelForm(OnlyVector: pooling is null), choosesFile: true);
        plan.Copy(ModelConfig.FileName);
        plan.Copy(TokenizerJson.FileName);
        plan.TokenizerConfig(needsPadToken: true);
        plan.SpecialTokensMap();
        plan.CopyWhatIs([PackageFiles.Card, "LICENSE"]);
        plan.Reading = pooling is null
            ? new ConsumerReading(EncoderGraph.SentenceEmbeddingName, null, package.Normalize)
            : new ConsumerReading(null, package.Pooling, package.Normalize);
        if (package.DefaultPrompt.Length > 0)
        {
            plan.Limits.Add($"the prompt '{package.DefaultPrompt}' is not put before texts: do it in the call");
        }

        plan.Usage = $"""
            ```python
            from fastembed import TextEmbedding
            from fastembed.common.model_description import ModelSource, PoolingType
            TextEmbedding.add_custom_model(
                model="local/{package.Name}", pooling=PoolingType.{pooling ?? "DISABLED"}, normalization={(package.Normalize ? "True" : "False")},
                sources=ModelSource(url="http://localhost/unused"), dim={package.EmbeddingSize}, model_file="onnx/model.onnx")
            model = TextEmbedding("local/{package.Name}", specific_model_path=".")
            vectors = list(model.embed(["a text", "another"]))
            ```
            """;
    }
}
