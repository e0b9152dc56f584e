using OnnxEmbed.Data;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Batching;
using OnnxEmbed.Training.Graphs;
using OnnxEmbed.Training.Objectives;
using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Training.Runs;

/// <summary>Fine-tunes the embeddings of a model: an adapter, or all weights.</summary>
public static class Train
{
    /// <summary>Peak learning rate of an adapter unless an option says otherwise.</summary>
    public const double DefaultAdapterLearningRate = 1e-3;

    /// <summary>Peak learning rate of full training unless an option says otherwise.</summary>
    public const double DefaultFullLearningRate = 2e-4;

    /// <summary>Runs fine-tuning from a package to a run directory.</summary>
    /// <param name="options">What to do.</param>
    /// <param name="time">Measures speed and the limit of time.</param>
    /// <param name="progress">Told after each update.</param>
    /// <param name="cancellation">Stops after the update at hand, leaving a checkpoint.</param>
    /// <exception cref="OptionException">
    /// An option is out of range, an adapter target matches no module, or the run directory exists.
    /// </exception>
    /// <exception cref="DataException">Package, adapter or data are not what training needs.</exception>
    /// <exception cref="DivergedException">A loss is not finite.</exception>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    public static RunResult Run(
        TrainOptions options, TimeProvider time, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        options.Validate();
        ModelPackage package = ModelPackage.Open(options.Package);
        Loss loss = Losses.Named(options.Loss, Losses.OfEmbeddings, "--loss");
        options = options with
        {
            LearningRate = options.LearningRate ?? (options.Lora is null ? DefaultFullLearningRate : DefaultAdapterLearningRate),
            Temperature = options.Temperature ?? loss.DefaultTemperature,
            MaxLength = Math.Min(options.MaxLength ?? package.MaxLength, package.MaxLength),
            TupleColumns = loss.Kind == LossKind.Tuples ? options.TupleColumns ?? LabelledTexts.TupleColumnsOf(options.Data) : null,
        };
        (LabelledTexts training, LabelledTexts? held) = Read(options, loss);
        TrainingRows rows = TrainingRows.Encode(package, training, options, cancellation);
        IBatchSource source = rows.Batches(loss.Kind, options);

        // Made before training, so that rows that do not do are found before an hour of work.
        IBatchSource? heldSource = held is null ? null
            : TrainingRows.Encode(package, held, options, cancellation).Batches(loss.Kind, options);

        using OnnxModel model = OnnxModel.Load(package.ModelPath);
        using LoraAdapter? start = options.AdapterInit is { } directory ? LoraAdapter.Load(directory) : null;
        TrainingGraph graph = TrainingGraph.Build(model.Proto, model.Tensors, package.ModelPath, new TrainingGraphOptions
        {
            Loss = loss,
            Temperature = options.Temperature,
            Columns = training.Columns.Count,
            Lora = options.Lora,
            InitialFactors = start is null ? null : FactorsOf(start, options),
            Seed = options.Seed,
        });
        using Trainer trainer = new(graph, options.Optimizer, new EngineOptions { Threads = options.Threads });
        using RunDirectory run = RunDirectory.Open(options, "train", graph);
        RunOutputs.Restore(run, trainer);
        TrainingLoop loop = new(trainer, source, options, run, Save, time);
        LoopOutcome outcome = loop.Run(progress, cancellation);

        double? heldLoss = heldSource is null ? null : HeldOut.Loss(trainer, heldSource, loss.Kind, cancellation);
        string output = options.Lora is null ? RunDirectory.Model : RunDirectory.Adapter;
        RunResult result = RunOutputs.Result(output, outcome, heldLoss, loss.Kind, graph, rows.TruncatedCount);
        if (options.Lora is { } lora)
        {
            using AtomicOutput adapter = AtomicOutput.Directory(Path.Combine(run.FullPath, RunDirectory.Adapter), force: false);
            RunOutputs.WriteAdapter(adapter.TemporaryPath, package, lora, trainer.Weights());
            adapter.Commit();
        }
        else
        {
            RunOutputs.WriteModel(
                run, package, model, trainer, RunOutputs.ProvenanceOf("train", options, package, OptionsOf(options, result)), result);
        }

        run.Finish(result);
        return result;

        void Save(string path)
        {
            if (options.Lora is { } settings)
            {
                RunOutputs.WriteAdapter(Path.Combine(path, RunDirectory.Adapter), package, settings, trainer.Weights());
            }
            else
            {
                SafetensorsWriter.Write(Path.Combine(path, RunOutputs.WeightsFile), trainer.Weights());
            }
        }
    }

    private static (LabelledTexts Training, LabelledTexts? Held) Read(TrainOptions options, Loss loss)
    {
        LabelledTexts all = LabelledTexts.Read(options.Data, loss.Kind, options);
        if (options.Validation is { } path)
        {
            return (all, LabelledTexts.Read(path, loss.Kind, options));
        }

        (int[] training, int[] held) = HeldOut.Split(all.Count, options.ValidationFraction, options.Seed);
        return held.Length == 0 ? (all, null) : (all.Take(training), all.Take(held));
    }

    /// <summary>The factors of an adapter to start from, which has to have the scale that training uses.</summary>
    private static Dictionary<string, TensorData> FactorsOf(LoraAdapter adapter, TrainOptions options)
    {
        adapter.RequirePlain(options.AdapterInit!);
        string[] faults =
        [
            .. adapter.Modules.Where(module => module.Scale != options.Lora!.Scale)
                .Select(module => FormattableString.Invariant($"{module.Module} has {module.Scale}")),
        ];
        if (faults.Length > 0)
        {
            string found = string.Join(", ", faults.Take(3));
            throw new DataException(FormattableString.Invariant(
                $"{options.AdapterInit}: needs the scale alpha/r = {options.Lora!.Scale} that --lora gives, yet {found}"));
        }

        return RunOutputs.Factors(adapter);
    }

    private static Dictionary<string, object?> OptionsOf(TrainOptions options, RunResult result) => new(StringComparer.Ordinal)
    {
        ["loss"] = options.Loss,
        ["temperature"] = options.Temperature,
        ["steps"] = result.Steps,
        ["batch_size"] = options.BatchSize,
        ["max_length"] = options.MaxLength,
        ["learning_rate"] = options.LearningRate,
        ["schedule"] = options.Schedule,
        ["warmup"] = options.Warmup,
        ["weight_decay"] = options.Optimizer.WeightDecay,
    };
}
