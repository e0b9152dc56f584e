using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;

namespace OnnxEmbed.Models.Shipping.Targets;

/// <summary>SQL Server 2025's local ONNX models: model.onnx and tokenizer.json at the root of one directory.</summary>
internal sealed class SqlServerTarget : ShipTarget
{
    private const int LatestOpset = 21;
    private const int LatestFormat = 10;

    public override string Name => "sql-server";

    public override string Summary => "SQL Server 2025, CREATE EXTERNAL MODEL with API_FORMAT 'ONNX Runtime'";

    public override void Plan(ShipPlan plan)
    {
        ModelPackage package = plan.Package;
        plan.Needs(plan.Facts.Opset <= LatestOpset, $"operators of opset {LatestOpset} or earlier", plan.Facts.Opset);
        plan.Needs(plan.Facts.IrVersion <= LatestFormat, $"an ONNX file of IR version {LatestFormat} or earlier", plan.Facts.IrVersion);
        plan.Needs(plan.Facts.Domains.Count == 0, "standard operators only", string.Join(", ", plan.Facts.Domains));
        plan.Model("model.onnx", new ModelForm(SingleFile: true, OnlyVector: true), choosesFile: false);
        plan.Copy(TokenizerJson.FileName);
        plan.Reading = new ConsumerReading(EncoderGraph.SentenceEmbeddingName, null, Normalizes: false);
        plan.Limits.Add("SQL Server runs such models on Windows only, with PREVIEW_FEATURES on; Azure SQL takes no local models");
        if (package.DefaultPrompt.Length > 0)
        {
            plan.Limits.Add($"the prompt '{package.DefaultPrompt}' is not put before texts: concatenate it in the query");
        }

        plan.Usage = $"""
            Copy this directory to the server, beside a directory with onnxruntime.dll and tokenizers_cpp.dll.

            ```sql
            CREATE EXTERNAL MODEL [{package.Name}] WITH (
                LOCATION = 'C:\models\{package.Name}', API_FORMAT = 'ONNX Runtime', MODEL_TYPE = EMBEDDINGS, MODEL = '{package.Name}',
                LOCAL_RUNTIME_PATH = 'C:\onnx_runtime');
            SELECT AI_GENERATE_EMBEDDINGS(N'a text' USE MODEL [{package.Name}]);
            ```
            """;
    }
}
