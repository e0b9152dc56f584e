using OnnxEmbed.Merging.Adapters.Reports;
using OnnxEmbed.Merging.Decompositions;
using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Merging.Inputs;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Adapters.Extracting;

/// <summary>
/// Makes an adapter of what sets two models apart: the truncated singular value decomposition of tuned - base, layer by layer, which is the
/// best approximation of its rank (C. Eckart, G. Young, Psychometrika 1936). One layer at a time is in memory.
/// </summary>
public static class AdapterExtraction
{
    /// <summary>Extracts an adapter. The output appears when it is complete.</summary>
    /// <param name="options">From what, how and where to.</param>
    /// <param name="progress">Is told of each layer.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="OptionException">An option is wrong, all faults listed; or the output exists.</exception>
    /// <exception cref="DataException">The models do not fit each other, hold NaN or infinite weights, or no layer differs.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static AdapterReport Run(ExtractOptions options, IProgress<MergeProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        AtomicOutput.RefuseExistingDirectory(options.Output, options.Force);
        using MergeSource from = MergeSource.Open(options.Base);
        using MergeSource to = MergeSource.Open(options.Tuned);
        return Extract(options, from, to, Fit(from, to), progress, cancellation);
    }

    /// <summary>Tells the tuned model which of its tensors are those of the base; returns what the user should know.</summary>
    private static List<string> Fit(MergeSource from, MergeSource to)
    {
        List<string> differences = [], faults = [], warnings = [];
        Alignment alignment = SourceAlignment.Check([from, to], null, differences, faults, warnings);
        differences.AddRange(alignment.Units.Keys.Order(StringComparer.Ordinal)
            .Select(name => $"'{name}' holds several layers in one of the models and not in the other"));
        return differences.Count > 0
            ? throw new ShapeMismatchException($"extract: needs the same tensors in both models ({from.Label} is the base)",
            [.. differences, .. faults])
            : faults.Count > 0 ? throw new DataException("extract: " + string.Join("; ", faults))
            : warnings;
    }

    private static AdapterReport Extract(
        ExtractOptions options, MergeSource from, MergeSource to, List<string> warnings, IProgress<MergeProgress>? progress,
            CancellationToken cancellation)
    {
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.DegreeOfParallelism, CancellationToken = cancellation };
        LayerCatalogue catalogue = new(from.Model);
        CheckTargets(options.Targets, catalogue, from);
        MadeAdapter made = new(options.ElementType, parallel);
        List<(string Tensor, double Squares)> left = [];
        List<string> whole = [];
        double total = 0;
        string[] names = [.. from.Model.Tensors.Where(tensor => tensor.Value.ElementType.IsFloat()).Select(tensor => tensor.Key)
            .Order(StringComparer.Ordinal)];
        for (int i = 0; i < names.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            double[] change = Change(from.Weights(names[i]), to.Weights(names[i]), names[i]);
            double squares = Reductions.SquaredNorm(change);
            total += squares;
            if (squares > 0)
            {
                if (catalogue.Find(names[i]) is { } layer && IsTarget(layer.Module, options.Targets))
                {
                    Add(options, made, layer, change, from.Model.Tensors[names[i]].Shape, parallel);
                }
                else if (options.KeepWhole && options.Targets.Count == 0 && IsParameter(names[i]))
                {
                    made.AddWhole(names[i], Rounded(to, names[i], from.Model.Tensors[names[i]].Shape));
                    whole.Add(names[i][..names[i].LastIndexOf('.')]);
                }
                else
                {
                    left.Add((names[i], squares));
                }
            }

            progress?.Report(new MergeProgress(names[i], i + 1, names.Length, i + 1, names.Length));
        }

        if (made.Reports.Count == 0)
        {
            throw new DataException(
                $"extract: needs layers that differ, {from.Label} and {to.Label} have none{(left.Count == 0 ? "" : $"; only {Names(left)} differ")}");
        }

        if (left.Count > 0)
        {
            warnings.Add(FormattableString.Invariant(
                $"{left.Count} changed tensors are not in the adapter and hold {left.Sum(tensor => tensor.Squares) / total:P2} of the squared difference: {Names(left)}"));
        }

        AdapterReport report = new()
        {
            Method = "extract",
            Options = Resolved(options, from, to),
            Layers = made.Reports,
            Warnings = warnings,
        };
        using LoraAdapter adapter = made.ToAdapter(from.Label, [.. whole.Distinct(StringComparer.Ordinal)], "none");
        MadeAdapter.Write(adapter, report, options.Output, options.Force);
        return report;
    }

    private static void Add(
        ExtractOptions options, MadeAdapter made, ExtractedLayer layer, double[] change, IReadOnlyList<long> shape,
            ParallelOptions parallel)
    {
        Matrix stored = new((int)shape[0], (int)shape[1], change);
        Matrix delta = layer.Transposed ? stored.Transposed() : stored;
        LowRankFactors factors = options.Energy is { } share
            ? TruncatedSvd.ToEnergy(delta, share, options.Rank ?? int.MaxValue, parallel)
            : TruncatedSvd.ToRank(delta, Math.Min(options.Rank!.Value, Math.Min(delta.Rows, delta.Columns)), parallel);
        (Matrix b, Matrix a) = factors.Balanced();
        made.Add(layer.Module, layer.IsEmbedding, b, a, null, delta);
    }

    private static double[] Change(WeightSource from, WeightSource to, string name)
    {
        double[] change = Doubles(to);
        Blends.Accumulate(-1, Doubles(from), change);
        long wrong = Reductions.CountNonFinite(change);
        return wrong == 0 ? change
            : throw new DataException($"'{name}': needs finite weights in both models, got {wrong} NaN or infinite differences");
    }

    private static double[] Doubles(WeightSource source)
    {
        double[] values = new double[source.Stored.ElementCount];
        for (int start = 0; start < values.Length; start += Reductions.BlockLength)
        {
            source.Doubles(start, values.AsSpan(start, Math.Min(Reductions.BlockLength, values.Length - start)));
        }

        return values;
    }

    /// <summary>A parameter in the type in which its file holds it, and as the base lies.</summary>
    private static TensorData Rounded(MergeSource source, string name, IReadOnlyList<long> shape)
    {
        WeightSource weights = source.Weights(name);
        return TensorData.FromDoubles(Doubles(weights), weights.Stored.ElementType, [.. shape]);
    }

    private static bool IsTarget(string module, IReadOnlyList<string> targets) =>
        targets.Count == 0 || targets.Any(target => module == target || module.EndsWith("." + target, StringComparison.Ordinal));

    private static void CheckTargets(IReadOnlyList<string> targets, LayerCatalogue catalogue, MergeSource from)
    {
        string[] layers = [.. from.Model.Tensors.Keys.Select(catalogue.Find).OfType<ExtractedLayer>().Select(layer => layer.Module)
            .Order(StringComparer.Ordinal)];
        string[] unknown = [.. targets.Where(target => !layers.Any(layer => IsTarget(layer, [target])))];
        if (unknown.Length > 0)
        {
            throw new OptionException(
                $"extract: targets: need names or name endings of layers of {from.Label}, got {string.Join(", ", unknown)}; it has {string.Join(", ", layers)}");
        }
    }

    private static bool IsParameter(string name) =>
        name.EndsWith(".weight", StringComparison.Ordinal) || name.EndsWith(".bias", StringComparison.Ordinal);

    private static string Names(List<(string Tensor, double Squares)> tensors)
    {
        const int Shown = 5;
        IEnumerable<string> largest = tensors.OrderByDescending(tensor => tensor.Squares).Take(Shown).Select(tensor => tensor.Tensor);
        return string.Join(", ", largest) + (tensors.Count > Shown ? $" and {tensors.Count - Shown} more" : "");
    }

    private static Dictionary<string, object> Resolved(ExtractOptions options, MergeSource from, MergeSource to)
    {
        Dictionary<string, object> resolved = new() { ["base"] = from.Label, ["tuned"] = to.Label };
        if (options.Rank is { } rank)
        {
            resolved["rank"] = rank;
        }

        if (options.Energy is { } energy)
        {
            resolved["energy"] = energy;
        }

        if (options.Targets.Count > 0)
        {
            resolved["targets"] = options.Targets;
        }

        return resolved;
    }

    private static void Check(ExtractOptions options)
    {
        List<string> faults = [];
        if (options.Rank is null && options.Energy is null)
        {
            faults.Add("rank, energy: needs one of them");
        }

        if (options.Rank < 1)
        {
            faults.Add($"rank: needs 1 or more, got {options.Rank}");
        }

        if (options.Energy is { } energy && !(energy is > 0 and <= 1))
        {
            faults.Add($"energy: needs a number in (0, 1], got {Text.Number(energy)}");
        }

        if (options.KeepWhole && options.Targets.Count > 0)
        {
            faults.Add("whole, targets: need one of them");
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
            throw new OptionException("extract: " + string.Join("; ", faults));
        }
    }
}
