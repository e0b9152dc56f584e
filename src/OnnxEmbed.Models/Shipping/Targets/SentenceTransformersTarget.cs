using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Shipping.Targets;

/// <summary>
/// sentence-transformers 3.2 and later with <c>backend="onnx"</c>: takes the first output as token vectors, pools and scales as
/// modules.json says.
/// </summary>
internal sealed class SentenceTransformersTarget : ShipTarget
{
    public override string Name => "sentence-transformers";

    public override string Summary => "Python's sentence-transformers, backend=\"onnx\": the package with its modules";

    public override void Plan(ShipPlan plan)
    {
        plan.Needs(plan.Facts.FirstIsTokens, "token vectors f32 [batch, sequence, width] as the first output", plan.Facts.FirstOutput);
        plan.Model("onnx/model.onnx", new ModelForm(), choosesFile: true);
        plan.CopyWhatIs([.. plan.Package.CopiedFiles(), .. PackageFiles.DenseWeights(plan.Package.Dense), PackageFiles.Card, Provenance.FileName]);
        plan.Reading = new ConsumerReading(null, plan.Package.Pooling, plan.Package.Normalize, RunsDense: true);
        string variant = plan.Models.Count < 2 ? "" : $", model_kwargs={{\"file_name\": \"{Path.GetFileName(plan.Models[1].Name)}\"}}";
        plan.Limits.Add("LoRA adapters are not loaded by this backend: merge them first (onnxembed merge --lora)");
        plan.Usage = $"""
            ```python
            from sentence_transformers import SentenceTransformer
            model = SentenceTransformer(".", backend="onnx"{variant})
            vectors = model.encode(["a text", "another"])
            ```
            """;
    }
}
