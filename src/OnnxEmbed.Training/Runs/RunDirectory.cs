using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
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

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly StreamWriter _log;

    private RunDirectory(string path)
    {
        FullPath = path;
        string log = Path.Combine(path, "log.jsonl");
        _log = new StreamWriter(log, append: false, new UTF8Encoding(false)) { NewLine = "\n", AutoFlush = true };
    }

    /// <summary>Full path.</summary>
    public string FullPath { get; }

    /// <summary>Creates the directory.</summary>
    /// <param name="options">The options as resolved; they become <c>config.json</c>.</param>
    /// <param name="kind">pretrain or train.</param>
    /// <param name="graph">The graphs.</param>
    public static RunDirectory Create(RunOptions options, string kind, TrainingGraph graph)
    {
        using AtomicOutput output = AtomicOutput.Directory(options.Out, options.Force);
        File.WriteAllBytes(Path.Combine(output.TemporaryPath, "training_model.onnx"), graph.Training);
        File.WriteAllBytes(Path.Combine(output.TemporaryPath, "eval_model.onnx"), graph.Evaluation);
        File.WriteAllBytes(Path.Combine(output.TemporaryPath, "optimizer_model.onnx"), graph.Optimizer(options.Optimizer));
        File.WriteAllText(
            Path.Combine(output.TemporaryPath, "config.json"),
            JsonSerializer.Serialize(new { schema = 1, kind, options = (object)options }, Json) + "\n");
        output.Commit();
        return new RunDirectory(output.TargetPath);
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
    public void Checkpoint(long step, Action<string> write)
    {
        string path = Path.Combine(FullPath, "checkpoints", $"step-{step.ToString(CultureInfo.InvariantCulture)}");
        using AtomicOutput output = AtomicOutput.Directory(path, force: true);
        write(output.TemporaryPath);
        output.Commit();
    }

    /// <summary>Writes <c>result.json</c>, the last file of a run.</summary>
    public void Finish(RunResult result)
    {
        using AtomicOutput output = AtomicOutput.File(Path.Combine(FullPath, "result.json"), force: true);
        File.WriteAllText(output.TemporaryPath, JsonSerializer.Serialize(result, Json) + "\n");
        output.Commit();
    }

    /// <inheritdoc/>
    public void Dispose() => _log.Dispose();
}
