using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Graphs;

namespace OnnxEmbed.Training.Runs;

/// <summary>
/// The directory of a run. It appears with the graphs and the configuration when training begins; results and checkpoints appear in it by
/// rename, and the log grows by whole lines.
/// </summary>
internal sealed class RunDirectory : IDisposable
{
    /// <summary>The trained package of full training.</summary>
    public const string Model = "model";

    /// <summary>The trained adapter.</summary>
    public const string Adapter = "adapter";

    /// <summary>One line an update.</summary>
    public const string LogFile = "log.jsonl";

    /// <summary>Every option as resolved.</summary>
    public const string ConfigFile = "config.json";

    /// <summary>The numbers of the run, its last file.</summary>
    public const string ResultFile = "result.json";

    /// <summary>Forward, loss and gradients.</summary>
    public const string GraphFile = "training_model.onnx";

    /// <summary>Options that change how a run is carried out, not what it gives.</summary>
    private static readonly string[] Free = ["out", "force", "resume", "threads", "max_minutes", "checkpoint_every"];

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly StreamWriter _log;

    private RunDirectory(string path, bool append)
    {
        FullPath = path;
        _log = new StreamWriter(Path.Combine(path, LogFile), append, new UTF8Encoding(false)) { NewLine = "\n", AutoFlush = true };
    }

    /// <summary>The checkpoint that the run is taken up from.</summary>
    /// <value>Null where it begins.</value>
    public Checkpoint? Start { get; private init; }

    /// <summary>Losses of the updates before <see cref="Start"/>.</summary>
    public IReadOnlyList<double> EarlierLosses { get; private init; } = [];

    /// <summary>Full path.</summary>
    public string FullPath { get; }

    /// <summary>Creates the directory, or opens that of a run that is to be taken up.</summary>
    /// <param name="options">The options as resolved.</param>
    /// <param name="kind">pretrain or train.</param>
    /// <param name="graph">The graphs.</param>
    /// <exception cref="DataException">There is no such run, or it began with other options or another model.</exception>
    /// <exception cref="OptionException">The run is complete.</exception>
    public static RunDirectory Open(RunOptions options, string kind, TrainingGraph graph) =>
        options.Resume ? Resume(options, kind, graph) : Create(options, kind, graph);

    /// <summary>Creates the directory.</summary>
    /// <param name="options">The options as resolved; they become <c>config.json</c>.</param>
    /// <param name="kind">pretrain or train.</param>
    /// <param name="graph">The graphs.</param>
    private static RunDirectory Create(RunOptions options, string kind, TrainingGraph graph)
    {
        using AtomicOutput output = AtomicOutput.Directory(options.Out, options.Force);
        File.WriteAllBytes(Path.Combine(output.TemporaryPath, GraphFile), graph.Training);
        File.WriteAllBytes(Path.Combine(output.TemporaryPath, "eval_model.onnx"), graph.Evaluation);
        File.WriteAllBytes(Path.Combine(output.TemporaryPath, "optimizer_model.onnx"), graph.Optimizer(options.Optimizer));
        File.WriteAllText(Path.Combine(output.TemporaryPath, ConfigFile), Config(options, kind));
        output.Commit();
        return new RunDirectory(output.TargetPath, append: false);
    }

    private static RunDirectory Resume(RunOptions options, string kind, TrainingGraph graph)
    {
        string path = Path.GetFullPath(options.Out);
        string config = Path.Combine(path, ConfigFile);
        if (!File.Exists(config))
        {
            throw new DataException($"{options.Out}: --resume needs a run directory with {ConfigFile}, found none");
        }

        if (File.Exists(Path.Combine(path, ResultFile)))
        {
            throw new OptionException($"{options.Out}: --resume needs a run that is not complete, it has {ResultFile}");
        }

        string[] faults = [.. Differences(config, Config(options, kind))];
        if (faults.Length > 0)
        {
            throw new DataException($"{options.Out}: --resume needs the options that the run began with: {string.Join("; ", faults)}");
        }

        string begun = Path.Combine(path, GraphFile);
        if (!File.Exists(begun) || !File.ReadAllBytes(begun).AsSpan().SequenceEqual(graph.Training))
        {
            throw new DataException($"{begun}: --resume needs the graph of {options.Package}, got another; the package or the program changed since");
        }

        Checkpoint? start = Checkpoint.Latest(path);
        IReadOnlyList<double> losses = KeepLog(path, start?.Step ?? 0);
        return new RunDirectory(path, append: true) { Start = start, EarlierLosses = losses };
    }

    private static string Config(RunOptions options, string kind) =>
        JsonSerializer.Serialize(new { schema = 1, kind, options = (object)options }, Json) + "\n";

    /// <summary>What two configurations differ in, apart from options that do not decide the result.</summary>
    private static IEnumerable<string> Differences(string path, string now)
    {
        JsonObject then;
        try
        {
            then = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new DataException($"{path}: needs the configuration of a run, {exception.Message}", exception);
        }

        JsonObject own = JsonNode.Parse(now)!.AsObject();
        JsonObject before = then["options"] as JsonObject ?? [];
        JsonObject after = own["options"]!.AsObject();
        if (then["kind"]?.ToJsonString() != own["kind"]!.ToJsonString())
        {
            yield return $"kind was {then["kind"]?.ToJsonString() ?? "none"}, now {own["kind"]!.ToJsonString()}";
        }

        foreach (string name in before.Concat(after).Select(pair => pair.Key).Distinct().Except(Free))
        {
            (string was, string isNow) = (before[name]?.ToJsonString() ?? "null", after[name]?.ToJsonString() ?? "null");
            if (was != isNow)
            {
                yield return $"{name} was {was}, now {isNow}";
            }
        }
    }

    /// <summary>Cuts the log to the lines of the first updates.</summary>
    /// <returns>Their losses.</returns>
    private static List<double> KeepLog(string directory, long steps)
    {
        string path = Path.Combine(directory, LogFile);
        string[] lines = File.Exists(path) ? [.. File.ReadLines(path).Take(checked((int)steps))] : [];
        List<double> losses = [];
        foreach (string line in lines)
        {
            using JsonDocument entry = JsonDocument.Parse(line);
            losses.Add(entry.RootElement.GetProperty("loss").GetDouble());
        }

        if (lines.Length != steps)
        {
            throw new DataException($"{path}: needs a line for each of the {steps} updates of the checkpoint, has {lines.Length}");
        }

        using AtomicOutput output = AtomicOutput.File(path, force: true);
        File.WriteAllText(output.TemporaryPath, string.Concat(lines.Select(line => line + "\n")), new UTF8Encoding(false));
        output.Commit();
        return losses;
    }

    /// <summary>Appends a line to <c>log.jsonl</c>.</summary>
    public void Log(TrainingProgress progress, double stepTokensPerSecond)
    {
        using MemoryStream line = new();
        using (Utf8JsonWriter writer = new(line))
        {
            writer.WriteStartObject();
            writer.WriteNumber("step", progress.Step);
            writer.WriteNumber("epoch", Math.Round(progress.Epoch, 6));
            writer.WriteNumber("loss", progress.Loss);
            writer.WriteNumber("learning_rate", progress.LearningRate);
            writer.WriteNumber("grad_norm", progress.GradientNorm);
            writer.WriteNumber("tokens_per_second", Math.Round(stepTokensPerSecond, 1));
            writer.WriteEndObject();
        }

        _log.WriteLine(Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length));
    }

    /// <summary>Writes a checkpoint; a directory of that step is replaced.</summary>
    public void SaveCheckpoint(long step, Action<string> write)
    {
        string path = Checkpoint.PathOf(FullPath, step);
        using AtomicOutput output = AtomicOutput.Directory(path, force: true);
        write(output.TemporaryPath);
        output.Commit();
    }

    /// <summary>Writes <c>result.json</c>, the last file of a run.</summary>
    public void Finish(RunResult result)
    {
        using AtomicOutput output = AtomicOutput.File(Path.Combine(FullPath, ResultFile), force: true);
        File.WriteAllText(output.TemporaryPath, JsonSerializer.Serialize(result, Json) + "\n");
        output.Commit();
    }

    /// <inheritdoc/>
    public void Dispose() => _log.Dispose();
}
