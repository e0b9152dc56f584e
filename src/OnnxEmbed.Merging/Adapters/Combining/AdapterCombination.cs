using OnnxEmbed.Merging.Adapters.Reports;
using OnnxEmbed.Merging.Decompositions;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Adapters.Combining;

/// <summary>Makes one adapter of several, without the model they were trained on.</summary>
public static class AdapterCombination
{
    /// <summary>Combines adapters. The output appears when it is complete.</summary>
    /// <param name="options">Which, how and where to.</param>
    /// <param name="progress">Is told of each layer.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="OptionException">Options do not fit the method, all faults listed; or the output exists.</exception>
    /// <exception cref="DataException">An adapter is wrong, does not fit the others, or has what the method cannot combine.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static AdapterReport Run(CombineOptions options, IProgress<MergeProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        AtomicOutput.RefuseExistingDirectory(options.Output, options.Force);
        List<LoraAdapter> adapters = [];
        try
        {
            foreach (string path in options.Adapters)
            {
                adapters.Add(LoraAdapter.Load(AdapterDirectory.Of(path)));
            }

            return Combine(options, adapters, progress, cancellation);
        }
        finally
        {
            adapters.ForEach(adapter => adapter.Dispose());
        }
    }

    private static AdapterReport Combine(
        CombineOptions options, IReadOnlyList<LoraAdapter> adapters, IProgress<MergeProgress>? progress, CancellationToken cancellation)
    {
        double[] weights = Weights(options);
        List<IGrouping<string, CombinedPart>> layers = CombinationCheck.Layers(options, adapters, weights);
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.DegreeOfParallelism, CancellationToken = cancellation };
        MadeAdapter made = new(options.ElementType, parallel);
        LayerCombiner combiner = new(options, made, parallel);
        for (int i = 0; i < layers.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            combiner.Add(layers[i].Key, [.. layers[i]]);
            progress?.Report(new MergeProgress(layers[i].Key, i + 1, layers.Count, i + 1, layers.Count));
        }

        LoraAdapter? whole = adapters.FirstOrDefault(adapter => adapter.WholeTensors.Count > 0);
        foreach ((string parameter, TensorData value) in whole?.WholeTensors ?? new Dictionary<string, TensorData>())
        {
            made.AddWhole(parameter, value);
        }

        string[] bases = [.. adapters.Select(adapter => adapter.Settings.BaseModelNameOrPath).Distinct(StringComparer.Ordinal)];
        AdapterReport report = new()
        {
            Method = options.Method.Name,
            Options = Resolved(options, weights),
            Layers = made.Reports,
            Warnings = bases.Length > 1 ? [$"the adapters name different base models: {string.Join(", ", bases)}"] : [],
        };
        using LoraAdapter result = made.ToAdapter(bases[0], whole?.Settings.ModulesToSave ?? [], whole?.Settings.Bias ?? "none");
        MadeAdapter.Write(result, report, options.Output, options.Force);
        return report;
    }

    private static double[] Weights(CombineOptions options) =>
        options.Weights.Count == 0 ? [.. options.Adapters.Select(_ => 1.0)] : [.. options.Weights];

    private static Dictionary<string, object> Resolved(CombineOptions options, double[] weights)
    {
        Dictionary<string, object> resolved = new()
        {
            ["adapters"] = options.Adapters.Select(path => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))))
                .ToArray(),
            ["weights"] = weights,
        };
        if (options.Rank is { } rank)
        {
            resolved["rank"] = rank;
        }

        if (options.Density is { } density)
        {
            resolved["density"] = density;
        }

        if (options.Method.TakesSeed)
        {
            resolved["seed"] = options.Seed;
        }

        return resolved;
    }

    private static void Check(CombineOptions options)
    {
        List<string> faults = [];
        CombinationMethod method = options.Method;
        if (options.Adapters.Count < 1)
        {
            faults.Add("adapters: needs one or more, got none");
        }

        if (options.Weights.Count > 0 && (options.Weights.Count != options.Adapters.Count || !options.Weights.All(double.IsFinite)))
        {
            faults.Add($"weights: needs a number for each of the {options.Adapters.Count} adapters, got {Text.Numbers(options.Weights)}");
        }

        if (options.Rank is { } rank && (rank < 1 || !method.TakesRank))
        {
            faults.Add(method.TakesRank ? $"rank: needs 1 or more, got {rank}"
                : $"rank: {method.Name} takes none; its rank follows from the adapters");
        }

        if (options.Density is { } density && !(method.TakesDensity && density is >= 0 and <= 1))
        {
            faults.Add(method.TakesDensity ? $"density: needs a number in [0, 1], got {Text.Number(density)}"
                : $"density: {method.Name} takes none");
        }
        else if (options.Density is null && method.TakesDensity)
        {
            faults.Add($"density: {method.Name} needs a number in [0, 1], got none");
        }

        if (!options.ElementType.IsFloat())
        {
            faults.Add($"dtype: needs a floating-point type, got {options.ElementType.ShortName()}");
        }

        if (options.DegreeOfParallelism < 1)
        {
            faults.Add($"threads: needs 1 or more, got {options.DegreeOfParallelism}");
        }

        if (faults.Count > 0)
        {
            throw new OptionException($"combine {method.Name}: " + string.Join("; ", faults));
        }
    }
}
