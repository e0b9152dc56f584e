using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Adapters.Combining;

/// <summary>Sorts the layers of adapters together and refuses what a method cannot combine, all of it at once.</summary>
internal static class CombinationCheck
{
    public static List<IGrouping<string, CombinedPart>> Layers(CombineOptions options, IReadOnlyList<LoraAdapter> adapters,
        double[] weights)
    {
        List<string> faults = [];
        string Name(int adapter) => options.Adapters[adapter];
        List<IGrouping<string, CombinedPart>> layers =
        [
            .. adapters
                .SelectMany((adapter, i) => adapter.Modules.Select(module => new CombinedPart(i, module, weights[i])))
                .GroupBy(part => part.Module.Module, StringComparer.Ordinal)
                .OrderBy(group => group.Key, StringComparer.Ordinal),
        ];
        foreach (IGrouping<string, CombinedPart> layer in layers)
        {
            CombinedPart first = layer.First();
            foreach (CombinedPart part in layer)
            {
                if (part.Module.IsEmbedding != first.Module.IsEmbedding || part.Module.Outputs != first.Module.Outputs
                    || part.Module.Inputs != first.Module.Inputs)
                {
                    faults.Add(
                        $"{layer.Key} is {Describe(part.Module)} in {Name(part.Adapter)}, {Describe(first.Module)} in {Name(first.Adapter)}");
                }
                else if (options.Method == CombinationMethods.Linear && part.Module.Rank != first.Module.Rank)
                {
                    faults.Add(
                        $"{layer.Key} has rank {part.Module.Rank} in {Name(part.Adapter)}, {first.Module.Rank} in {Name(first.Adapter)}; linear needs equal ranks, cat and svd do not");
                }
            }
        }

        for (int i = 0; i < adapters.Count; i++)
        {
            if (adapters[i].Settings.UseDora)
            {
                faults.Add(
                    $"{Name(i)} has magnitudes (DoRA), which depend on the base; fold the adapters with merge --lora and extract one adapter from the result");
            }

            if (adapters[i].Settings.LoraBias && options.Method.Rule is not null)
            {
                faults.Add($"{Name(i)} has biases (lora_bias), which {options.Method.Name} cannot thin out; cat, linear and svd sum them");
            }
        }

        int[] whole = [.. Enumerable.Range(0, adapters.Count).Where(i => adapters[i].WholeTensors.Count > 0)];
        if (whole.Length > 1)
        {
            faults.Add(
                $"{string.Join(", ", whole.Select(Name))} hold whole tensors ({string.Join(", ", adapters[whole[0]].WholeTensors.Keys.Take(3))}…); one of the adapters may");
        }
        else if (whole.Length == 1 && weights[whole[0]] != 1)
        {
            faults.Add(
                $"{Name(whole[0])} holds whole tensors ({string.Join(", ", adapters[whole[0]].WholeTensors.Keys.Take(3))}) and needs weight 1, got {Text.Number(weights[whole[0]])}");
        }

        return faults.Count == 0 ? layers
            : throw new ShapeMismatchException($"combine {options.Method.Name}: the adapters cannot be combined", faults);
    }

    private static string Describe(LoraModule module) => module.IsEmbedding
        ? $"a table [{module.Inputs}, {module.Outputs}]"
        : $"a layer [{module.Outputs}, {module.Inputs}]";
}
