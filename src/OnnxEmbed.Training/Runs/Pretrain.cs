using OnnxEmbed.Data;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Decoders;
using OnnxEmbed.Models.Architectures.Encoders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Batching;
using OnnxEmbed.Training.Graphs;
using OnnxEmbed.Training.Objectives;
using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Training.Runs;

/// <summary>Trains all weights of a model on plain text, together with its language-model head.</summary>
public static class Pretrain
{
    /// <summary>Peak learning rate unless an option says otherwise; fits models of a few million parameters.</summary>
    public const double DefaultLearningRate = 1e-3;

    /// <summary>Runs pre-training from a package to a run directory.</summary>
    /// <param name="options">What to do.</param>
    /// <param name="time">Measures speed and the limit of time.</param>
    /// <param name="progress">Told after each update.</param>
    /// <param name="cancellation">Stops after the update at hand, leaving a checkpoint.</param>
    /// <exception cref="OptionException">An option is out of range, or the run directory exists.</exception>
    /// <exception cref="DataException">Package or data are not what pre-training needs.</exception>
    /// <exception cref="DivergedException">A loss is not finite.</exception>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    public static RunResult Run(
        PretrainOptions options, TimeProvider time, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        options.Validate();
        ModelPackage package = ModelPackage.Open(options.Package);
        Loss loss = ObjectiveOf(package, options.Objective);
        options = options with
        {
            Objective = loss.Name,
            LearningRate = options.LearningRate ?? DefaultLearningRate,
            MaxLength = Math.Min(options.MaxLength ?? package.MaxLength, package.MaxLength),
        };
        (IReadOnlyList<string> training, IReadOnlyList<string> held) = ReadTexts(options);
        int padId = PadOf(package);
        TokenizedTexts texts = TokenizedTexts.Encode(package.Tokenizer, training, options.MaxLength.Value, cancellation);
        IBatchSource source = Batches(package.Tokenizer, texts, loss, padId, options, sequential: false);
        IBatchSource? heldSource = held.Count == 0
            ? null
            : Batches(
                package.Tokenizer,
                TokenizedTexts.Encode(package.Tokenizer, held, options.MaxLength.Value, cancellation),
                loss,
                padId,
                options,
                sequential: true);

        using OnnxModel model = OnnxModel.Load(package.ModelPath);
        using SafetensorsFile? headFile = package.HeadPath is { } path ? SafetensorsFile.Open(path) : null;
        TrainingGraph graph = Build(package, model, headFile?.Tensors, loss, options.Seed);
        using Trainer trainer = new(graph, options.Optimizer, new EngineOptions { Threads = options.Threads });
        using RunDirectory run = RunDirectory.Open(options, "pretrain", graph);
        RunOutputs.Restore(run, trainer);
        TrainingLoop loop = new(trainer, source, options, run, Save, time);
        LoopOutcome outcome = loop.Run(progress, cancellation);

        double? heldLoss = heldSource is null ? null : HeldOut.Loss(trainer, heldSource, loss.Kind, cancellation);
        RunResult result = RunOutputs.Result(RunDirectory.Model, outcome, heldLoss, loss.Kind, graph, texts.TruncatedCount);
        RunOutputs.WriteModel(
            run, package, model, trainer, RunOutputs.ProvenanceOf("pretrain", options, package, OptionsOf(options, result)), result);
        run.Finish(result);
        return result;

        void Save(string directory) => SafetensorsWriter.Write(Path.Combine(directory, RunOutputs.WeightsFile), trainer.Weights());
    }

    private static Loss ObjectiveOf(ModelPackage package, string? name)
    {
        Loss? fitting = package.Config switch
        {
            LlamaConfig => Losses.CausalLanguageModel,
            BertConfig => Losses.MaskedLanguageModel,
            _ => null,
        };
        return fitting is null
            ? throw new DataException($"{package.Name}: pre-training needs model_type llama or bert, got {package.Config.ModelType}")
            : name is null || name == fitting.Name ? fitting
            : throw new OptionException($"--objective: a model of type {package.Config.ModelType} needs {fitting.Name}, got {name}");
    }

    private static (IReadOnlyList<string> Training, IReadOnlyList<string> Held) ReadTexts(PretrainOptions options)
    {
        IReadOnlyList<string> texts = ParquetTable.Read(options.Data, [options.TextColumn]).Strings(options.TextColumn);
        if (options.Validation is { } path)
        {
            return (NotEmpty(texts, options.Data),
                NotEmpty(ParquetTable.Read(path, [options.TextColumn]).Strings(options.TextColumn), path));
        }

        (int[] training, int[] held) = HeldOut.Split(texts.Count, options.ValidationFraction, options.Seed);
        return (NotEmpty([.. training.Select(row => texts[row])], options.Data), [.. held.Select(row => texts[row])]);
    }

    private static IReadOnlyList<string> NotEmpty(IReadOnlyList<string> texts, string path) =>
        texts.Count > 0 ? texts : throw new DataException($"{path}: needs at least one row, got none");

    private static int PadOf(ModelPackage package) =>
        package.Tokenizer.PadId ?? throw new DataException($"{package.Name}: training needs a tokenizer with a pad token, it has none");

    private static SampledBatches Batches(
        ITextTokenizer tokenizer, TokenizedTexts texts, Loss loss, int padId, PretrainOptions options, bool sequential)
    {
        int[] lengths = [.. Enumerable.Range(0, texts.Count).Select(texts.Length)];
        ISampler sampler = sequential
            ? new SequentialSampler(lengths, options.BatchSize)
            : new ShuffledSampler(lengths, options.BatchSize, options.Seed);
        int maxLength = options.MaxLength!.Value;
        return new SampledBatches(
            sampler,
            loss == Losses.CausalLanguageModel
                ? new CausalBatches(texts, padId, maxLength).Assemble
                : new MaskedBatches(texts, tokenizer, padId, maxLength, options.MaskProbability, options.Seed).Assemble);
    }

    /// <summary>The graph with the head; head weights that the package does not have yet are drawn.</summary>
    private static TrainingGraph Build(
        ModelPackage package, OnnxModel model, IReadOnlyDictionary<string, TensorData>? head, Loss loss, ulong seed)
    {
        TensorSource fresh = SeededWeights.For(package.Config, seed);
        return TrainingGraph.Build(model.Proto, model.Tensors, package.ModelPath, new TrainingGraphOptions
        {
            Loss = loss,
            Seed = seed,
            Head = (graph, hidden) => LanguageModelHead.Build(
                graph,
                package.Config,
                hidden,
                ParameterSources.Initializers(graph, head is null ? fresh : ParameterSources.From(head, package.HeadPath!))),
        });
    }

    private static Dictionary<string, object?> OptionsOf(PretrainOptions options, RunResult result) => new(StringComparer.Ordinal)
    {
        ["objective"] = options.Objective,
        ["steps"] = result.Steps,
        ["batch_size"] = options.BatchSize,
        ["max_length"] = options.MaxLength,
        ["learning_rate"] = options.LearningRate,
        ["schedule"] = options.Schedule,
        ["warmup"] = options.Warmup,
        ["weight_decay"] = options.Optimizer.WeightDecay,
        ["mask_probability"] = options.Objective == "mlm" ? options.MaskProbability : null,
    };
}
