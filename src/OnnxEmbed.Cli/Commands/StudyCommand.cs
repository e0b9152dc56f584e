using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Study;
using OnnxEmbed.Study.Families;
using OnnxEmbed.Study.Results;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>study</c>: the paper's protocol over the model families.</summary>
internal sealed class StudyCommand(Session session)
{
    [Command("study", Description = "Compares model families on number properties, after arXiv:2511.21703. "
        + "Trains encoders and LoRA adapters, soups and SLERPs them, and measures all on the same held-out items: results.json, report.html and figures.")]
    [Example("onnxembed study --preset quick -o artifacts/study")]
    [Example("onnxembed study --encoder artifacts/bert --decoder artifacts/llama --keep-models -o artifacts/study")]
    public int Run(
        OutputOptions output,
        [Option("out", ['o'], Description = "Directory to write.", ValueName = "DIR")] string @out,
        [Option("preset", Description = "Sizes of the study: quick.", ValueName = "NAME")] string preset = "quick",
        [Option("encoder", Description = "Package of the pre-trained encoder.", ValueName = "DIR")] string encoder = "models/number-bert",
        [Option("decoder", Description = "Package of the pre-trained decoder.", ValueName = "DIR")] string decoder = "models/number-llama",
        [Option("properties", Description = "Properties of the number suite; the preset's unless given.", ValueName = "LIST")] string? properties = null,
        [Option("seeds", Description = "Trainings of each family and property; the preset's unless given.")] int? seeds = null,
        [Option("steps", Description = "Updates of each training; the preset's unless given.")] int? steps = null,
        [Option("pairs", Description = "Pairs of training items; the preset's unless given.")] int? pairs = null,
        [Option("test-pairs", Description = "Pairs of items in each test split; the preset's unless given.")] int? testPairs = null,
        [Option("seed", Description = "Added to the seed of the data and of every training.")] ulong seed = 0,
        [Option("keep-models", Description = "Keep trained and merged models in DIR/models.")] bool keepModels = false,
        [Option("threads", Description = "Trainings at a time; all cores unless given. Results do not depend on it.")] int? threads = null,
        [Option("force", Description = "Replace the directory if it exists.")] bool force = false)
    {
        StudyPreset sizes = StudyPresets.Named(preset);
        StudyOptions options = new()
        {
            Preset = sizes with
            {
                Properties = properties is null ? sizes.Properties : Lists.Names(properties),
                Seeds = seeds ?? sizes.Seeds,
                Steps = steps ?? sizes.Steps,
                TrainPairs = pairs ?? sizes.TrainPairs,
                ProbePairs = Math.Min(sizes.ProbePairs, pairs ?? sizes.TrainPairs),
                TestPairs = testPairs ?? sizes.TestPairs,
            },
            Encoder = encoder,
            Decoder = decoder,
            Out = @out,
            Seed = seed,
            Threads = threads ?? session.DefaultThreads,
            KeepModels = keepModels,
            Force = force,
        };
        StudyResult result;
        using (ProgressLine line = new(session, output.Quiet))
        {
            SynchronousProgress<StudyProgress> progress = new(now => line.Report("study", (double)now.Done / now.Total, now.Text));
            result = StudyRun.Run(options, session.Time, progress, session.Cancellation);
        }

        ResultWriter.Write(session, output.ResultFormat, new Result()
            .Fact("out", @out)
            .Fact("report", Path.Combine(@out, "report.html"))
            .Table(
                "families",
                ["property", "family", "silhouette", "davies_bouldin", "probe", "probe_sd", "probe_ood", "kmeans_ami", "cka_base", "gain", "gain_low", "gain_high"],
                from property in result.Properties.Keys from family in StudyFamilies.All select Row(result, property, family)));
        return ExitStatus.Done;
    }

    /// <summary>Means over seeds; the gain is against the frozen decoder, with its 95 % interval.</summary>
    private static object?[] Row(StudyResult result, string property, StudyFamily family)
    {
        Spread probe = result.Over(family.Id, property, model => model.Test.ProbeAccuracy);
        GainInterval? gain = result.Gains.FirstOrDefault(gain => gain.Family == family.Id && gain.Property == property);
        bool hasBase = result.Of(family.Id, property).All(model => model.BaseCka is not null);
        return
        [
            property,
            family.Id,
            Rounded(result.Over(family.Id, property, model => model.Test.SilhouetteCosine).Mean),
            Rounded(result.Over(family.Id, property, model => model.Test.DaviesBouldin).Mean),
            Rounded(probe.Mean),
            Rounded(probe.Deviation),
            Rounded(result.Over(family.Id, property, model => model.OodMagnitude.ProbeAccuracy).Mean),
            Rounded(result.Over(family.Id, property, model => model.Test.KMeans[0].AdjustedMutualInformation).Mean),
            hasBase ? Rounded(result.Over(family.Id, property, model => model.BaseCka!.Value).Mean) : null,
            gain is null ? null : Rounded(gain.Mean),
            gain is null ? null : Rounded(gain.Low),
            gain is null ? null : Rounded(gain.High),
        ];
    }

    private static double Rounded(double value) => Math.Round(value, 3, MidpointRounding.ToEven);
}
