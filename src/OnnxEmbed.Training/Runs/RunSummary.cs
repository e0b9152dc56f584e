using System.Text.Json;
using System.Text.Json.Nodes;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Training.Runs;

/// <summary>What a run directory tells without opening a model.</summary>
/// <param name="Kind">pretrain or train.</param>
/// <param name="Options">The options that it began with, by name as in <c>config.json</c>.</param>
/// <param name="Updates">Updates in the log.</param>
/// <param name="FirstLoss">Loss of the first update; null where there is none.</param>
/// <param name="LastLoss">Loss of the last update; null where there is none.</param>
/// <param name="Checkpoints">Updates after which checkpoints were written, ascending.</param>
/// <param name="IsComplete">Whether the run came to its end.</param>
public sealed record RunSummary(
    string Kind,
    IReadOnlyDictionary<string, string> Options,
    long Updates,
    double? FirstLoss,
    double? LastLoss,
    IReadOnlyList<long> Checkpoints,
    bool IsComplete)
{
    /// <summary>Whether a directory is one of a run.</summary>
    public static bool IsRun(string path) =>
        File.Exists(Path.Combine(path, RunDirectory.ConfigFile)) && File.Exists(Path.Combine(path, RunDirectory.GraphFile));

    /// <summary>Reads a run directory, also that of a run that is going on or was killed.</summary>
    /// <exception cref="DataException">A file of it is not what a run writes.</exception>
    public static RunSummary Read(string path)
    {
        string config = Path.Combine(path, RunDirectory.ConfigFile);
        string log = Path.Combine(path, RunDirectory.LogFile);
        try
        {
            JsonObject root = JsonNode.Parse(File.ReadAllText(config))!.AsObject();
            double[] losses = File.Exists(log) ? [.. WholeLines(log).Select(Loss)] : [];
            return new RunSummary(
                root["kind"]!.GetValue<string>(),
                root["options"]!.AsObject().Where(option => option.Value is not null)
                    .ToDictionary(option => option.Key, option => option.Value!.ToJsonString().Trim('"'), StringComparer.Ordinal),
                losses.Length,
                losses.Length > 0 ? losses[0] : null,
                losses.Length > 0 ? losses[^1] : null,
                Checkpoint.Steps(path),
                File.Exists(Path.Combine(path, RunDirectory.ResultFile)));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or NullReferenceException or KeyNotFoundException)
        {
            throw new DataException($"{path}: needs {RunDirectory.ConfigFile} and {RunDirectory.LogFile} of a run, {exception.Message}", exception);
        }
    }

    /// <summary>The lines of a log; a last one that a kill cut short is left out.</summary>
    private static string[] WholeLines(string log)
    {
        string text = File.ReadAllText(log);
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static double Loss(string line)
    {
        using JsonDocument entry = JsonDocument.Parse(line);
        return entry.RootElement.GetProperty("loss").GetDouble();
    }
}
