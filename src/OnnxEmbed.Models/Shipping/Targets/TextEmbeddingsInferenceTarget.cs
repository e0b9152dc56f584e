using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;

namespace OnnxEmbed.Models.Shipping.Targets;

/// <summary>Text Embeddings Inference with its ONNX Runtime backend: reads <c>sentence_embedding</c> where a model has it.</summary>
internal sealed class TextEmbeddingsInferenceTarget : ShipTarget
{
    public override string Name => "tei";

    public override string Summary => "Hugging Face's Text Embeddings Inference, ONNX Runtime backend";

    public override void Plan(ShipPlan plan)
    {
        ModelPackage package = plan.Package;
        plan.Model("onnx/model.onnx", new ModelForm(), choosesFile: false);
        plan.Needs(package.Config.NumHiddenLayers > 0, $"num_hidden_layers in {ModelConfig.FileName}", package.Config.NumHiddenLayers);
        plan.Copy(ModelConfig.FileName);
        plan.Copy(TokenizerJson.FileName);
        plan.TokenizerConfig();
        plan.CopyWhatIs(
        [
            TokenizerFile.SpecialTokens, PackageFiles.Modules, .. PackageFiles.ModuleConfigs(package.Dense, package.Normalize),
            .. PackageFiles.DenseWeights(package.Dense), PackageFiles.Sequence, PackageFiles.Sentences, PackageFiles.Card, "LICENSE",
        ]);
        plan.Reading = new ConsumerReading(EncoderGraph.SentenceEmbeddingName, null, Normalizes: false);
        plan.Limits.Add("the ONNX backend runs f32 only");
        if (package.DefaultPrompt.Length > 0)
        {
            plan.Limits.Add($"the prompt '{package.DefaultPrompt}' is used only if the server is started with --default-prompt");
        }

        plan.Usage = """
            ```bash
            docker run --rm -p 8080:80 -v "$PWD":/model ghcr.io/huggingface/text-embeddings-inference:cpu-latest --model-id /model
            curl 127.0.0.1:8080/embed -H 'Content-Type: application/json' -d '{"inputs": ["a text", "another"]}'
            ```
            """;
    }
}
