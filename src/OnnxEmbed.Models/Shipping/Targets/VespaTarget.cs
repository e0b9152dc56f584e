using System.Xml.Linq;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;

namespace OnnxEmbed.Models.Shipping.Targets;

/// <summary>Vespa's hugging-face-embedder: model, tokenizer, and the component of services.xml that names them.</summary>
internal sealed class VespaTarget : ShipTarget
{
    public override string Name => "vespa";

    public override string Summary => "Vespa's hugging-face-embedder, with its component for services.xml";

    public override void Plan(ShipPlan plan)
    {
        ModelPackage package = plan.Package;
        string? pooling = plan.TokenPooling switch
        {
            PoolingMode.Mean => "mean",
            PoolingMode.Cls => "cls",
            _ => null,
        };
        plan.Model("models/model.onnx", new ModelForm(SingleFile: true), choosesFile: true);
        plan.Copy(TokenizerJson.FileName, "models/" + TokenizerJson.FileName);
        string output = pooling is null ? EncoderGraph.SentenceEmbeddingName : EncoderGraph.HiddenStateName;
        plan.Reading = new ConsumerReading(output, pooling is null ? null : package.Pooling, package.Normalize);
        XElement component = new(
            "component",
            new XAttribute("id", package.Name),
            new XAttribute("type", "hugging-face-embedder"),
            new XElement("transformer-model", new XAttribute("path", "models/model.onnx")),
            new XElement("tokenizer-model", new XAttribute("path", "models/" + TokenizerJson.FileName)),
            new XElement("max-tokens", package.MaxLength),
            plan.Facts.HasTokenTypes ? null : new XElement("transformer-token-type-ids"),
            new XElement("transformer-output", output),
            new XElement("pooling-strategy", pooling ?? "none"),
            new XElement("normalize", package.Normalize),
            package.DefaultPrompt.Length == 0 ? null
                : new XElement("prepend", new XElement("query", package.DefaultPrompt), new XElement("document", package.DefaultPrompt)));
        plan.Text("component.xml", component + "\n");
        plan.Usage = $"""
            Copy `models/` into the application package and the component into the container of `services.xml`:

            ```xml
            {component}
            ```

            A field then takes `embed {package.Name}`, of type `tensor<float>(x[{package.EmbeddingSize}])`.
            """;
    }
}
