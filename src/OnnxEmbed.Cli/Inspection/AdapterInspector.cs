using OnnxEmbed.Cli.Output;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Inspection;

/// <summary>What is in a LoRA adapter.</summary>
internal static class AdapterInspector
{
    public static Result Inspect(string path, bool all)
    {
        using LoraAdapter adapter = LoraAdapter.Load(path);
        Result result = new Result()
            .Fact("path", path)
            .Fact("kind", "LoRA adapter")
            .Fact("base", adapter.Settings.BaseModelNameOrPath)
            .Fact("rank", adapter.Settings.R)
            .Fact("alpha", adapter.Settings.LoraAlpha)
            .Fact("rank_stabilized", adapter.Settings.UseRslora)
            .Fact("weight_decomposed", adapter.Settings.UseDora)
            .Fact("biases", adapter.Settings.LoraBias ? "lora_bias" : adapter.Settings.Bias)
            .Fact("whole_tensors", adapter.WholeTensors.Keys.ToList())
            .Fact("targets", adapter.Settings.TargetModules)
            .Fact("modules", adapter.Modules.Count)
            .Fact("parameters", adapter.Modules.Sum(module => module.A.ElementCount + module.B.ElementCount));
        if (all)
        {
            result.Table("adapted", ["module", "kind", "rank", "scale", "a", "b"], adapter.Modules.Select(module => new object?[]
            {
                module.Module, module.IsEmbedding ? "embedding" : "linear", module.Rank, module.Scale, Describe(module.A), Describe(module.B),
            }));
        }

        return result;
    }

    private static string Describe(TensorData tensor) => $"{tensor.ElementType.ShortName()} {TensorTable.Shape(tensor.Shape)}";
}
