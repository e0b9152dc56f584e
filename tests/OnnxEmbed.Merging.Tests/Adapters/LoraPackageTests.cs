using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Adapters;

public class LoraPackageTests
{
    [Fact]
    public void Fold_EveryFeatureAtOnce_EqualsTheActiveAdapter()
    {
        using TemporaryDirectory directory = new();
        string package = AdapterPackages.Init(directory["p"]);
        string adapter = EveryFeature(directory["x"], package);
        BareModels.Run(Fold(package, directory["folded"], adapter));
        float[] folded = AdapterPackages.Embed(directory["folded"]);
        Assert.InRange(AdapterPackages.LargestDifference(AdapterPackages.Embed(package, adapter: adapter), folded), 0, 1e-5);
        Assert.True(AdapterPackages.LargestDifference(AdapterPackages.Embed(package), folded) > 1e-2);
    }

    [Fact]
    public void Fold_ExportedGraph_EqualsOurOwn()
    {
        using TemporaryDirectory directory = new();
        string package = AdapterPackages.Init(directory["p"]);
        string adapter = EveryFeature(directory["x"], package);
        BareModels.Run(Fold(package, directory["folded"], adapter));
        using (OnnxModel ours = OnnxModel.Load(ModelPackage.Open(package).ModelPath))
        using (OnnxModel exported = ExportedGraph.Of(ours))
        {
            Assert.DoesNotContain(AdapterPackages.Query + ".weight", exported.Tensors.Keys);
            exported.Save(directory["exported.onnx"]);
        }

        BareModels.Run(Fold(directory["exported.onnx"], directory["c.onnx"], adapter));
        using OnnxModel folded = OnnxModel.Load(directory["c.onnx"]);
        float[] expected = AdapterPackages.Embed(directory["folded"]);
        Assert.InRange(AdapterPackages.LargestDifference(expected, AdapterPackages.Embed(package, folded)), 0, 1e-5);
    }

    private static string EveryFeature(string directory, string package)
    {
        const string Norm = "encoder.layer.1.output.LayerNorm";
        LoraSettings settings = new()
        {
            R = 4,
            LoraAlpha = 8,
            TargetModules = ["query", "intermediate.dense", "word_embeddings"],
            UseDora = true,
            UseRslora = true,
            LoraBias = true,
            Bias = "all",
            ModulesToSave = ["LayerNorm"],
            RankPattern = [KeyValuePair.Create("intermediate.dense", 2)],
            AlphaPattern = [KeyValuePair.Create("intermediate.dense", 3.0)],
        };
        LoraModule query = AdapterPackages.Change(package, AdapterPackages.Query, 4, 1, dora: true);
        LoraModule wide = AdapterPackages.Change(package, AdapterPackages.Wide, 2, 5, dora: true);
        return AdapterPackages.Save(
            directory,
            settings,
            [
                query with { Bias = AdapterPackages.Random([query.Outputs], 20) },
                wide with { Bias = AdapterPackages.Random([wide.Outputs], 21) },
                AdapterPackages.Change(package, AdapterPackages.Table, 4, 9, dora: true),
            ],
            new Dictionary<string, TensorData>
            {
                [Norm + ".weight"] = AdapterPackages.Random([16], 30, 2),
                [Norm + ".bias"] = AdapterPackages.Random([16], 31),
                [AdapterPackages.Query + ".bias"] = AdapterPackages.Random([16], 32),
            });
    }

    private static MergeOptions Fold(string model, string output, string adapter) => new()
    {
        Method = MergeMethods.Lora,
        Inputs = [new MergeInput(model) { Adapters = [adapter] }],
        Output = output,
        DegreeOfParallelism = 2,
    };
}
