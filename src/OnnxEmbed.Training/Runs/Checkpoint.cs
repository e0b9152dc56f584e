using System.Globalization;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Training.Runs;

/// <summary>
/// What a run is taken up from: <c>checkpoints/step-N/</c> with the trained weights and, in <c>state.safetensors</c>, both moments and the place
/// in the data. Batches and masks are functions of seed, epoch and index, so the number of updates is all there is to a place.
/// </summary>
/// <param name="Directory">Its directory.</param>
/// <param name="Step">Updates made.</param>
/// <param name="Tokens">Tokens trained on.</param>
/// <param name="Seconds">Time that the updates took.</param>
internal sealed record Checkpoint(string Directory, long Step, long Tokens, double Seconds)
{
    private const string StateFile = "state.safetensors";
    private const string Prefix = "step-";

    /// <summary>Directory of the checkpoint after some updates.</summary>
    public static string PathOf(string run, long step) =>
        Path.Combine(run, "checkpoints", Prefix + step.ToString(CultureInfo.InvariantCulture));

    /// <summary>Writes moments and place into a checkpoint's directory.</summary>
    public static void WriteState(string directory, Trainer trainer, long step, long tokens, double seconds, ulong seed) =>
        SafetensorsWriter.Write(Path.Combine(directory, StateFile), trainer.Moments(), new Dictionary<string, string>
        {
            ["step"] = step.ToString(CultureInfo.InvariantCulture),
            ["tokens"] = tokens.ToString(CultureInfo.InvariantCulture),
            ["seconds"] = seconds.ToString("R", CultureInfo.InvariantCulture),
            ["seed"] = seed.ToString(CultureInfo.InvariantCulture),
        });

    /// <summary>Updates after which a run has checkpoints, ascending.</summary>
    public static IReadOnlyList<long> Steps(string run)
    {
        string parent = Path.Combine(run, "checkpoints");
        return System.IO.Directory.Exists(parent)
            ? [.. new DirectoryInfo(parent).GetDirectories(Prefix + "*").Select(found => StepOf(found.Name)).OfType<long>().Order()]
            : [];
    }

    /// <summary>The last checkpoint of a run, or null where it has none yet.</summary>
    /// <exception cref="DataException">Its state is no checkpoint's.</exception>
    public static Checkpoint? Latest(string run)
    {
        IReadOnlyList<long> steps = Steps(run);
        if (steps.Count == 0)
        {
            return null;
        }

        string directory = PathOf(run, steps[^1]);
        string path = Path.Combine(directory, StateFile);
        using SafetensorsFile state = SafetensorsFile.Open(path);
        return new Checkpoint(
            directory,
            Number(state, path, "step", text => long.Parse(text, CultureInfo.InvariantCulture)),
            Number(state, path, "tokens", text => long.Parse(text, CultureInfo.InvariantCulture)),
            Number(state, path, "seconds", text => double.Parse(text, CultureInfo.InvariantCulture)));
    }

    /// <summary>Puts weights and moments into a trainer.</summary>
    /// <exception cref="DataException">A tensor is missing or of another shape; all such are named.</exception>
    public void Restore(Trainer trainer, IReadOnlyDictionary<string, TensorData> weights)
    {
        string path = Path.Combine(Directory, StateFile);
        using SafetensorsFile state = SafetensorsFile.Open(path);
        trainer.Restore(weights, state.Tensors, Step, Directory);
    }

    private static long? StepOf(string name) =>
        long.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long step) ? step : null;

    private static T Number<T>(SafetensorsFile state, string path, string name, Func<string, T> parse) =>
        state.Metadata.TryGetValue(name, out string? text)
            ? parse(text)
            : throw new DataException($"{path}: needs metadata '{name}' to take a run up from, has {string.Join(", ", state.Metadata.Keys)}");
}
