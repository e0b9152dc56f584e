using System.Globalization;
using System.Text;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Graphs;
using OnnxEmbed.Training.Objectives;
using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Training.Runs;

/// <summary>What is left of a run: the trained package or adapter, and the numbers.</summary>
internal static class RunOutputs
{
    /// <summary>All trained weights of a checkpoint of full training.</summary>
    public const string WeightsFile = "model.safetensors";

    /// <summary>Puts the state of the checkpoint that a run is taken up from into its trainer; does nothing where the run begins.</summary>
    /// <exception cref="DataException">The checkpoint does not fit.</exception>
    public static void Restore(RunDirectory run, Trainer trainer)
    {
        if (run.Start is not { } start)
        {
            return;
        }

        string weights = Path.Combine(start.Directory, WeightsFile);
        if (File.Exists(weights))
        {
            using SafetensorsFile file = SafetensorsFile.Open(weights);
            start.Restore(trainer, file.Tensors);
            return;
        }

        using LoraAdapter adapter = LoraAdapter.Load(Path.Combine(start.Directory, RunDirectory.Adapter));
        start.Restore(trainer, Factors(adapter));
    }

    /// <summary>The factors of an adapter by the names of the training graph.</summary>
    public static Dictionary<string, TensorData> Factors(LoraAdapter adapter) => adapter.Modules
        .SelectMany(module => new[] { (module.Module + LoraInjection.SuffixA, module.A), (module.Module + LoraInjection.SuffixB, module.B) })
        .ToDictionary(pair => pair.Item1, pair => pair.Item2, StringComparer.Ordinal);

    /// <summary>The numbers of a run.</summary>
    public static RunResult Result(
        string output, LoopOutcome outcome, double? heldLoss, LossKind kind, TrainingGraph graph, long truncated) => new(
        output,
        outcome.Steps,
        outcome.Epochs,
        outcome.Tokens,
        outcome.Seconds,
        outcome.Tokens / Math.Max(outcome.Seconds, 1e-9),
        outcome.FirstLoss,
        outcome.FinalLoss,
        heldLoss,
        kind == LossKind.Tokens && heldLoss is { } loss ? Math.Exp(loss) : null,
        graph.Parameters.Sum(parameter => parameter.Initial.ElementCount),
        graph.Trainable.Sum(parameter => parameter.Initial.ElementCount),
        truncated);

    /// <summary>How the package was made.</summary>
    public static Provenance ProvenanceOf(
        string command, RunOptions options, ModelPackage package, IReadOnlyDictionary<string, object?> resolved)
    {
        string data = Path.GetFullPath(options.Data);
        return new Provenance(
            command,
            resolved,
            [.. package.Hashes("base"), ProvenanceInput.Of("data", Path.GetDirectoryName(data)!, Path.GetFileName(data))],
            new Dictionary<string, ulong> { ["training"] = options.Seed });
    }

    /// <summary>Writes the package with the trained weights, the head's among them.</summary>
    public static void WriteModel(
        RunDirectory run, ModelPackage package, OnnxModel model, Trainer trainer, Provenance provenance, RunResult result)
    {
        IReadOnlyDictionary<string, TensorData> trained = trainer.Weights();
        Dictionary<string, TensorData> tensors = model.Tensors.ToDictionary(
            pair => pair.Key, pair => trained.GetValueOrDefault(pair.Key, pair.Value), StringComparer.Ordinal);
        Dictionary<string, TensorData> head =
            trained.Where(pair => !model.Tensors.ContainsKey(pair.Key)).ToDictionary(StringComparer.Ordinal);
        package.CopyTo(
            Path.Combine(run.FullPath, RunDirectory.Model),
            path =>
            {
                using OnnxModel changed = new(model.Proto, tensors);
                changed.Save(path);
            },
            provenance,
            head.Count > 0 ? head : null,
            Describe(result));
    }

    /// <summary>Writes the adapter in PEFT's layout.</summary>
    /// <param name="directory">Where to write.</param>
    /// <param name="package">The model that the adapter is for.</param>
    /// <param name="lora">Rank and alpha.</param>
    /// <param name="weights">The factors.</param>
    public static void WriteAdapter(
        string directory, ModelPackage package, LoraOptions lora, IReadOnlyDictionary<string, TensorData> weights)
    {
        Dictionary<string, (TensorData A, TensorData B)> matrices = weights.Keys
            .Where(name => name.EndsWith(LoraInjection.SuffixA, StringComparison.Ordinal))
            .Select(name => name[..^LoraInjection.SuffixA.Length])
            .ToDictionary(
                module => module,
                module => (weights[module + LoraInjection.SuffixA], weights[module + LoraInjection.SuffixB]),
                StringComparer.Ordinal);
        using LoraAdapter adapter = LoraAdapter.Create(
            new LoraSettings
            {
                R = lora.Rank,
                LoraAlpha = lora.Alpha,
                TargetModules = LinearModules.TargetsOf(matrices.Keys, lora.Targets),
                FanInFanOut = package.Config.HasInputFirstWeights,
                BaseModelNameOrPath = package.Name,
            },
            matrices);
        adapter.Save(directory);
    }

    private static string Describe(RunResult result)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"Trained for {result.Steps} updates on {result.Tokens} tokens; ");
        text.Append(CultureInfo.InvariantCulture, $"loss {result.FirstLoss:F4} at the start, {result.FinalLoss:F4} at the end");
        if (result.ValidationLoss is { } held)
        {
            text.Append(CultureInfo.InvariantCulture, $", {held:F4} on held-out rows");
        }

        if (result.ValidationPerplexity is { } perplexity)
        {
            text.Append(CultureInfo.InvariantCulture, $" (perplexity {perplexity:F3})");
        }

        return text.Append(".\n").ToString();
    }
}
