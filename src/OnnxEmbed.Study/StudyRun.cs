using OnnxEmbed.Data.Numbers;
using OnnxEmbed.Evaluation.Statistics;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Decoders;
using OnnxEmbed.Models.Architectures.Encoders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Study.Families;
using OnnxEmbed.Study.Protocol;
using OnnxEmbed.Study.Reports;
using OnnxEmbed.Study.Results;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Study;

/// <summary>
/// Carries out the protocol of arXiv:2511.21703 over the model families: generates the items, trains, merges, measures, and writes
/// <c>results.json</c> and <c>report.html</c>. The same options, models and seed give the same figures.
/// </summary>
public static class StudyRun
{
    private const int Resamples = 2000;

    /// <summary>Runs a study.</summary>
    /// <param name="options">What to study.</param>
    /// <param name="time">Measures speed.</param>
    /// <param name="progress">Told of each piece of work; may be called from several threads.</param>
    /// <param name="cancellation">Stops between steps, leaving nothing.</param>
    /// <exception cref="OptionException">An option is out of range, or the output exists.</exception>
    /// <exception cref="DataException">A package is not what the study needs.</exception>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    public static StudyResult Run(StudyOptions options, TimeProvider time, IProgress<StudyProgress>? progress, CancellationToken cancellation)
    {
        Validate(options);
        ModelPackage encoder = ModelPackage.Open(options.Encoder), decoder = ModelPackage.Open(options.Decoder);
        if (encoder.Config is not BertConfig || decoder.Config is not LlamaConfig)
        {
            throw new DataException(
                $"study: needs an encoder of type bert and a decoder of type llama, got {encoder.Config.ModelType} and {decoder.Config.ModelType}");
        }

        using AtomicOutput output = AtomicOutput.Directory(options.Out, options.Force);
        string suite = Path.Combine(output.TemporaryPath, "data");
        NumberSuite.Write(SuiteOptions(options, suite), cancellationToken: cancellation);

        StudyCell[] cells = [.. options.Preset.Properties.SelectMany(property => Enumerable.Range(0, options.Preset.Seeds).Select(seed => new StudyCell(property, seed)))];
        int total = cells.Length * CellRunner.Pieces(options.Preset), done = 0;
        CellOutcome[] outcomes = new CellOutcome[cells.Length];
        string[] fresh = [.. Enumerable.Range(0, options.Preset.Seeds).Select(seed => FreshEncoder(encoder, options, seed, output.TemporaryPath))];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.Threads, CancellationToken = cancellation };
        try
        {
            Parallel.For(0, cells.Length, parallel, i =>
            {
                string directory = Path.Combine(output.TemporaryPath, "models", cells[i].Property, $"seed-{cells[i].Seed}");
                Directory.CreateDirectory(directory);
                CellModels models = new(options, cells[i], suite, directory, time, cancellation);
                ModelProbe probe = new(options.Preset, cells[i], suite);
                outcomes[i] = new CellRunner(options, cells[i], fresh[cells[i].Seed], models, probe, Report, cancellation).Run();
                models.Drop(directory);
            });
        }
        catch (AggregateException faults) when (faults.InnerExceptions.Count > 0)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(faults.InnerExceptions[0]);
        }

        if (!options.KeepModels)
        {
            Directory.Delete(Path.Combine(output.TemporaryPath, "models"), recursive: true);
        }

        StudyResult result = Gather(options, outcomes);
        ResultsFile.Write(Path.Combine(output.TemporaryPath, ResultsFile.FileName), result);
        StudyReport.Write(output.TemporaryPath, options, result, outcomes);
        output.Commit();
        return result;

        void Report(string text) => progress?.Report(new StudyProgress(Interlocked.Increment(ref done), total, text));
    }

    private static void Validate(StudyOptions options)
    {
        List<string> faults = [];
        foreach ((string option, int value) in new[]
        {
            ("--threads", options.Threads), ("--seeds", options.Preset.Seeds), ("--steps", options.Preset.Steps),
            ("--pairs", options.Preset.TrainPairs), ("--test-pairs", options.Preset.TestPairs),
        })
        {
            if (value < 1)
            {
                faults.Add($"{option}: needs at least 1, got {value}");
            }
        }

        if (faults.Count > 0)
        {
            throw new OptionException(string.Join("; ", faults));
        }

        string[] missing = [.. new[] { ("--encoder", options.Encoder), ("--decoder", options.Decoder) }
            .Where(model => !Directory.Exists(model.Item2))
            .Select(model => $"{model.Item1}: needs the directory of a model package, got {model.Item2}, which does not exist")];
        if (missing.Length > 0)
        {
            throw new DataException(string.Join("; ", missing));
        }

        AtomicOutput.RefuseExistingDirectory(options.Out, options.Force);
    }

    private static NumberSuiteOptions SuiteOptions(StudyOptions options, string directory) => new()
    {
        OutDir = directory,
        Seed = options.Seed,
        Properties = options.Preset.Properties,
        TrainPairs = options.Preset.TrainPairs,
        ValidationPairs = 0,
        TestPairs = options.Preset.TestPairs,
        Length = options.Preset.Length,
        Digits = options.Preset.Digits,
        OodDigits = options.Preset.OodDigits,
        DegreeOfParallelism = options.Threads,
    };

    /// <summary>A package like the encoder with fresh weights of a seed.</summary>
    private static string FreshEncoder(ModelPackage encoder, StudyOptions options, int seed, string root)
    {
        ModelConfig config = encoder.Config;
        string directory = Path.Combine(root, "models", $"fresh-encoder-{seed}");
        Directory.CreateDirectory(Path.GetDirectoryName(directory)!);
        ModelInit.Create(
            new ModelInitOptions
            {
                Architecture = config.ModelType,
                HiddenSize = config.HiddenSize,
                Layers = config.NumHiddenLayers,
                Heads = config.NumAttentionHeads,
                IntermediateSize = config.IntermediateSize,
                MaxPositions = encoder.MaxLength,
                Pooling = encoder.Pooling,
                Normalize = encoder.Normalize,
                Seed = options.Seed + (ulong)seed,
            },
            directory);
        return directory;
    }

    private static StudyResult Gather(StudyOptions options, CellOutcome[] outcomes) => new()
    {
        Preset = options.Preset.Name,
        Properties = NumberProperties.Find(options.Preset.Properties).ToDictionary(property => property.Name, property => (int)property.Tier),
        Seeds = [.. Enumerable.Range(0, options.Preset.Seeds)],
        Models = [.. outcomes.SelectMany(outcome => outcome.Models).Select(model => model.Measures)],
        Curve = [.. outcomes.SelectMany(outcome => outcome.Curve)],
        Gains =
        [
            .. from property in options.Preset.Properties
               from family in StudyFamilies.All
               where family != StudyFamilies.DecoderBase
               select Gain(family.Id, property, options, [.. outcomes.Where(outcome => outcome.Cell.Property == property)]),
        ],
    };

    /// <summary>Item by item, averaged over the seeds: the seeds share the items, so the pair of items is the unit that is resampled.</summary>
    private static GainInterval Gain(string family, string property, StudyOptions options, CellOutcome[] outcomes)
    {
        double[] own = Average(outcomes.Select(outcome => outcome.Of(family).TestCorrect));
        double[] frozen = Average(outcomes.Select(outcome => outcome.Of(StudyFamilies.DecoderBase.Id).TestCorrect));
        PairedDifference difference = PairedComparison.Compare(own, frozen, outcomes[0].Test.Pairs, Resamples, options.Seed);
        return new GainInterval(family, property, difference.MeanDifference, difference.Interval.Low, difference.Interval.High, difference.Units);
    }

    private static double[] Average(IEnumerable<double[]> seeds)
    {
        double[][] all = [.. seeds];
        return [.. Enumerable.Range(0, all[0].Length).Select(item => all.Average(seed => seed[item]))];
    }
}
