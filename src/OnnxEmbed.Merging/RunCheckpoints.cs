using System.Text.Json;
using OnnxEmbed.Merging.Inputs;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging;

/// <summary>The checkpoints of a training run as models to merge.</summary>
public static class RunCheckpoints
{
    /// <summary>Whether a directory is a training run.</summary>
    /// <exception cref="DataException">Its <c>config.json</c> is no JSON.</exception>
    public static bool IsRun(string path) => Directory.Exists(path) && ModelOpener.RunConfig(path) is not null;

    /// <summary>
    /// The checkpoints in the order of their steps; last the result of the run, unless the last checkpoint is of the same step.
    /// </summary>
    /// <param name="run">The run directory.</param>
    /// <exception cref="DataException">It is no run, or has no checkpoint.</exception>
    public static IReadOnlyList<MergeInput> Of(string run)
    {
        if (!IsRun(run))
        {
            throw new DataException($"{run}: needs a training run, the directory {(Directory.Exists(run) ? "is none" : "does not exist")}");
        }

        string[] checkpoints = [.. ModelOpener.Checkpoints(run)];
        if (checkpoints.Length == 0)
        {
            throw new DataException($"{run}: needs checkpoints/step-N, there are none; train writes them with --checkpoint-every");
        }

        string last = Path.GetFileName(checkpoints[^1]);
        bool goesOn = ResultSteps(run) is { } steps && last != FormattableString.Invariant($"step-{steps}");
        return [.. checkpoints.Select(path => new MergeInput(path)), .. goesOn ? [new MergeInput(run)] : Array.Empty<MergeInput>()];
    }

    /// <summary>Updates that a run ended with; null where it has not ended.</summary>
    private static long? ResultSteps(string run)
    {
        string path = Path.Combine(run, "result.json");
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            return json.RootElement.TryGetProperty("steps", out JsonElement steps) && steps.TryGetInt64(out long count) ? count : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new DataException($"{path}: needs JSON with the number of steps, got: {exception.Message}", exception);
        }
    }
}
