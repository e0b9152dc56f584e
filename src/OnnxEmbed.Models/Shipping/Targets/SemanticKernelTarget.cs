using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Shipping.Targets;

/// <summary>
/// Semantic Kernel's BERT connector: one file, WordPiece from vocab.txt, three inputs always fed, the first output pooled mean, max or
/// mean-sqrt-len.
/// </summary>
internal sealed class SemanticKernelTarget : ShipTarget
{
    public override string Name => "semantic-kernel";

    public override string Summary => "Semantic Kernel's AddBertOnnxEmbeddingGenerator: model.onnx and vocab.txt";

    public override void Plan(ShipPlan plan)
    {
        ModelPackage package = plan.Package;
        string? pooling = plan.TokenPooling switch
        {
            PoolingMode.Mean => "Mean",
            PoolingMode.Max => "Max",
            PoolingMode.MeanSqrtLen => "MeanSquareRootTokensLength",
            _ => null,
        };
        plan.Needs(pooling is not null, "pooling mean, max or mean_sqrt_len, which is what it can do", plan.TokenPooling?.ToString().ToLowerInvariant() ?? "Dense modules after the pooling");
        plan.Needs(plan.Facts.TokenizerKind == "WordPiece", "a WordPiece tokenizer, since it reads vocab.txt", plan.Facts.TokenizerKind);
        plan.Needs(plan.Facts.FirstIsTokens, "token vectors f32 [batch, sequence, width] as the first output", plan.Facts.FirstOutput);
        plan.Model("model.onnx", new ModelForm(SingleFile: true, TakesTokenTypes: true), choosesFile: true);
        if (plan.Facts.TokenizerKind == "WordPiece")
        {
            plan.Text(TokenizerFile.Vocabulary, TokenizerFile.WordPieceVocabulary(package));
        }

        plan.Reading = new ConsumerReading(null, package.Pooling, package.Normalize);
        plan.Limits.Add("texts run one at a time, cut by its own BERT tokenizer: normalizers and pre-tokenizers of tokenizer.json other than BERT's do not act");
        if (package.DefaultPrompt.Length > 0)
        {
            plan.Limits.Add($"the prompt '{package.DefaultPrompt}' is not put before texts: do it in the call");
        }

        plan.Usage = $$"""
            ```csharp
            builder.AddBertOnnxEmbeddingGenerator("model.onnx", "vocab.txt", new BertOnnxOptions
            {
                CaseSensitive = {{(TokenizerFile.Lowercases(package) ? "false" : "true")}},
                MaximumTokens = {{package.MaxLength}},
                PoolingMode = EmbeddingPoolingMode.{{pooling}},
                NormalizeEmbeddings = {{(package.Normalize ? "true" : "false")}},
            });
            ```
            """;
    }
}
