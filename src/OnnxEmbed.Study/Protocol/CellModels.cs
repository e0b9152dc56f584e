using OnnxEmbed.Data.Numbers;
using OnnxEmbed.Merging;
using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Study.Families;
using OnnxEmbed.Training.Graphs;
using OnnxEmbed.Training.Runs;

namespace OnnxEmbed.Study.Protocol;

/// <summary>Makes the models of a cell: trainings and merges, each a directory, as the commands make them.</summary>
internal sealed class CellModels(StudyOptions options, StudyCell cell, string suite, string directory, TimeProvider time, CancellationToken cancellation)
{
    /// <summary>The update after which an adapter is kept as the earlier stage.</summary>
    private int HalfwayStep => Math.Max(1, options.Preset.Steps / 2);

    /// <summary>The frozen decoder.</summary>
    public MergeInput Plain => new(options.Decoder);

    /// <summary>The decoder with the adapter half-way through the training.</summary>
    public MergeInput AtHalf => Plain with { Adapters = [Path.Combine(AdapterRun, "checkpoints", $"step-{HalfwayStep}", "adapter")] };

    /// <summary>The decoder with the adapter at the end of the training.</summary>
    public MergeInput AtEnd => Plain with { Adapters = [Path.Combine(AdapterRun, "adapter")] };

    private string AdapterRun => Path.Combine(directory, StudyFamilies.DecoderLora.Id);

    /// <summary>Trains all weights of a package; the result is a package.</summary>
    public string TrainAll(string package, StudyFamily family)
    {
        string run = Path.Combine(directory, family.Id);
        Train.Run(Options(package, run, null, options.Preset.FullLearningRate, checkpointEvery: 0), time, progress: null, cancellation);
        return Path.Combine(run, "model");
    }

    /// <summary>Trains the adapter of <see cref="AtHalf"/> and <see cref="AtEnd"/>.</summary>
    public void TrainAdapter()
    {
        LoraOptions lora = new() { Rank = options.Preset.LoraRank, Alpha = 2 * options.Preset.LoraRank };
        TrainOptions training = Options(options.Decoder, AdapterRun, lora, options.Preset.LoraLearningRate, HalfwayStep);
        Train.Run(training, time, progress: null, cancellation);
    }

    /// <summary>Merges models into a package.</summary>
    /// <param name="name">Folder of the package.</param>
    /// <param name="t">Place on the way of SLERP; null for the uniform average.</param>
    /// <param name="inputs">The models.</param>
    /// <returns>The package and the largest angle between merged tensors in degrees.</returns>
    public (string Package, double? LargestAngle) MergeInto(string name, double? t, params MergeInput[] inputs)
    {
        string output = Path.Combine(directory, name);
        MergeReport report = Merge.Run(
            new MergeOptions
            {
                Method = t is null ? MergeMethods.Linear : MergeMethods.Slerp,
                Inputs = inputs,
                Output = output,
                Parameters = t is { } place ? new Dictionary<string, string> { ["t"] = FormattableString.Invariant($"{place}") } : [],
                DegreeOfParallelism = 1,
            },
            cancellation: cancellation);
        return (output, report.Tensors.SelectMany(tensor => tensor.AnglesDegrees).Max());
    }

    /// <summary>Removes a model that nothing needs any more, unless the models are to be kept.</summary>
    public void Drop(string model)
    {
        if (!options.KeepModels)
        {
            Directory.Delete(model, recursive: true);
        }
    }

    private TrainOptions Options(string package, string run, LoraOptions? lora, double learningRate, int checkpointEvery) => new()
    {
        Package = package,
        Data = NumberSplits.Path(suite, cell.Property, NumberSplit.Train),
        Out = run,
        Lora = lora,
        LearningRate = learningRate,
        Steps = options.Preset.Steps,
        BatchSize = options.Preset.BatchSize,
        CheckpointEvery = checkpointEvery,
        Seed = options.Seed + (ulong)cell.Seed,
        Threads = 1,
    };
}
