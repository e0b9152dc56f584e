using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Kernels;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Graphs;
using OnnxEmbed.Training.Objectives;

namespace OnnxEmbed.Training.Stepping;

/// <summary>
/// Runs a <see cref="TrainingGraph"/> on ONNX Runtime: weights, gradients and moments lie in native memory, bound once. An update reads one
/// set of state and writes the other, and the sets change places (ping-pong), since ONNX Runtime promises nothing about outputs that are
/// inputs. Not thread-safe.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly TrainingGraph _graph;
    private readonly TrainingParameter[] _trainable;
    private readonly WeightSet _frozen = new();
    private readonly WeightSet _gradients = new();
    private readonly WeightSet[] _states = [new(), new()];
    private readonly InferenceSession _training;
    private readonly InferenceSession _optimizer;
    private readonly OrtIoBinding[] _trainingBindings = new OrtIoBinding[2];
    private readonly OrtIoBinding[] _optimizerBindings = new OrtIoBinding[2];
    private readonly OrtIoBinding?[] _evaluationBindings = new OrtIoBinding?[2];
    private readonly RunOptions _runOptions = new();
    private readonly EngineOptions _engine;
    private readonly float[] _learningRate = new float[1];
    private readonly long[] _step = new long[1];
    private readonly List<OrtValue> _scalars = [];
    private readonly OrtValue _loss;
    private readonly OrtValue _gradientNorm;
    private InferenceSession? _evaluation;
    private int _current;

    /// <summary>Opens the sessions and copies the weights into native memory.</summary>
    /// <param name="graph">The graphs.</param>
    /// <param name="optimizer">The optimizer's settings.</param>
    /// <param name="engine">Threads.</param>
    public Trainer(TrainingGraph graph, AdamWOptions optimizer, EngineOptions engine)
    {
        _graph = graph;
        _engine = engine;
        _trainable = [.. graph.Trainable];
        _training = Open(graph.Training, engine.ProfilePrefix);
        _optimizer = Open(graph.Optimizer(optimizer), null);
        _loss = Scalar();
        _gradientNorm = Scalar();
        foreach (TrainingParameter parameter in graph.Parameters)
        {
            if (!parameter.IsTrainable)
            {
                _frozen.Add(parameter.Name, parameter.Initial);
                continue;
            }

            _gradients.Add(parameter.GradientName, parameter.Initial.Shape);
            foreach (WeightSet state in _states)
            {
                state.Add(parameter.Name, parameter.Initial);
                state.Add(parameter.Name + OptimizerGraph.FirstMoment, parameter.Initial.Shape);
                state.Add(parameter.Name + OptimizerGraph.SecondMoment, parameter.Initial.Shape);
            }
        }

        for (int i = 0; i < 2; i++)
        {
            _trainingBindings[i] = BindForward(_training, i);
            foreach (TrainingParameter parameter in _trainable)
            {
                _trainingBindings[i].BindOutput(parameter.GradientName, _gradients[parameter.GradientName]);
            }

            _optimizerBindings[i] = BindOptimizer(from: _states[i], to: _states[1 - i]);
        }
    }

    /// <summary>Updates made so far.</summary>
    public long StepCount => _step[0];

    /// <summary>One forward pass, backward pass and update.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="learningRate">Learning rate of this update.</param>
    /// <exception cref="DivergedException">The loss or the gradient is not finite; the weights are as before the step.</exception>
    public StepResult Step(TrainingBatch batch, double learningRate)
    {
        double loss = Differentiate(batch);
        if (!double.IsFinite(loss))
        {
            throw new DivergedException(StepCount + 1, "loss", loss);
        }

        _step[0]++;
        _learningRate[0] = (float)learningRate;
        _optimizer.RunWithBinding(_runOptions, _optimizerBindings[_current]);
        double norm = _gradientNorm.GetTensorDataAsSpan<float>()[0];
        if (!double.IsFinite(norm))
        {
            _step[0]--;
            throw new DivergedException(StepCount + 1, "gradient norm", norm);
        }

        _current = 1 - _current;
        return new StepResult(loss, norm);
    }

    /// <summary>Loss and gradients of a batch, without an update; <see cref="Gradient"/> reads them.</summary>
    /// <returns>The loss.</returns>
    public double Differentiate(TrainingBatch batch) => Run(_training, _trainingBindings[_current], batch);

    /// <summary>The loss of a batch, without gradients.</summary>
    public double Evaluate(TrainingBatch batch)
    {
        _evaluation ??= Open(_graph.Evaluation, null);
        return Run(_evaluation, _evaluationBindings[_current] ??= BindForward(_evaluation, _current), batch);
    }

    /// <summary>The gradient that the last batch gave a trainable weight, in row-major order; valid until the next step.</summary>
    public ReadOnlySpan<float> Gradient(string parameter) => _gradients[$"{parameter}_grad"].GetTensorDataAsSpan<float>();

    /// <summary>A copy of a trainable weight as it is now.</summary>
    public TensorData Weight(string parameter) => CopyOf(parameter, parameter);

    /// <summary>Copies of all trainable weights, by name.</summary>
    public IReadOnlyDictionary<string, TensorData> Weights() =>
        _trainable.ToDictionary(parameter => parameter.Name, parameter => Weight(parameter.Name), StringComparer.Ordinal);

    /// <summary>Copies of both moments of all trainable weights, as <c>NAME.exp_avg</c> and <c>NAME.exp_avg_sq</c>.</summary>
    public IReadOnlyDictionary<string, TensorData> Moments() => _trainable
        .SelectMany(_ => new[] { OptimizerGraph.FirstMoment, OptimizerGraph.SecondMoment }, (parameter, suffix) => (parameter.Name, suffix))
        .ToDictionary(pair => pair.Name + pair.suffix, pair => CopyOf(pair.Name, pair.Name + pair.suffix), StringComparer.Ordinal);

    /// <summary>Takes up weights, moments and the number of updates, as <see cref="Weights"/> and <see cref="Moments"/> gave them.</summary>
    /// <param name="weights">All trainable weights by name.</param>
    /// <param name="moments">Both moments of each.</param>
    /// <param name="step">Updates made so far.</param>
    /// <param name="source">Where they come from, for messages.</param>
    /// <exception cref="DataException">A tensor is missing or of another type or shape; all such are named.</exception>
    public void Restore(
        IReadOnlyDictionary<string, TensorData> weights, IReadOnlyDictionary<string, TensorData> moments, long step, string source)
    {
        List<string> faults = [];
        List<(TensorData Data, OrtValue Target)> copies = [];
        foreach (TrainingParameter parameter in _trainable)
        {
            Take(weights, parameter.Name, parameter);
            Take(moments, parameter.Name + OptimizerGraph.FirstMoment, parameter);
            Take(moments, parameter.Name + OptimizerGraph.SecondMoment, parameter);
        }

        if (faults.Count > 0)
        {
            throw new DataException($"{source}: {string.Join("; ", faults.Take(5))}");
        }

        copies.ForEach(copy => WeightSet.Copy(copy.Data, copy.Target));
        _step[0] = step;

        void Take(IReadOnlyDictionary<string, TensorData> from, string name, TrainingParameter parameter)
        {
            TensorData? found = from.GetValueOrDefault(name);
            if (found is null || found.ElementType != ElementType.Float32 || !found.Shape.SequenceEqual(parameter.Initial.Shape))
            {
                faults.Add($"needs {name} {parameter.Initial}, got {found?.ToString() ?? "none"}");
                return;
            }

            copies.Add((found, _states[_current][name]));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable? part in (IEnumerable<IDisposable?>)
            [.. _trainingBindings, .. _optimizerBindings, .. _evaluationBindings, _training, _optimizer, _evaluation, _runOptions,
                .. _scalars, _loss, _gradientNorm, _frozen, _gradients, .. _states])
        {
            part?.Dispose();
        }
    }

    /// <summary>
    /// Memory pattern off, since lengths change from batch to batch; arena on; spinning off, since several sessions and the host share the
    /// cores.
    /// </summary>
    private InferenceSession Open(byte[] model, string? profilePrefix)
    {
        using SessionOptions options = new()
        {
            IntraOpNumThreads = _engine.Threads,
            InterOpNumThreads = 1,
            EnableMemoryPattern = false,
            EnableCpuMemArena = true,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        if (profilePrefix is not null)
        {
            options.ProfileOutputPathPrefix = profilePrefix;
            options.EnableProfiling = true;
        }

        return _engine.OwnKernels && KernelOperators.IsSupported ? KernelOperators.Open(model, options) : new InferenceSession(model, options);
    }

    private OrtIoBinding BindForward(InferenceSession session, int index)
    {
        OrtIoBinding binding = session.CreateIoBinding();
        foreach (TrainingParameter parameter in _graph.Parameters)
        {
            binding.BindInput(parameter.Name, (parameter.IsTrainable ? _states[index] : _frozen)[parameter.Name]);
        }

        binding.BindOutput(TrainingGraph.LossName, _loss);
        return binding;
    }

    private OrtIoBinding BindOptimizer(WeightSet from, WeightSet to)
    {
        OrtIoBinding binding = _optimizer.CreateIoBinding();
        OrtValue rate = OrtValue.CreateTensorValueFromMemory(_learningRate, [1]);
        OrtValue step = OrtValue.CreateTensorValueFromMemory(_step, [1]);
        _scalars.AddRange([rate, step]);
        binding.BindInput(OptimizerGraph.LearningRate, rate);
        binding.BindInput(OptimizerGraph.Step, step);
        binding.BindOutput(OptimizerGraph.GradientNorm, _gradientNorm);
        foreach (TrainingParameter parameter in _trainable)
        {
            binding.BindInput(parameter.GradientName, _gradients[parameter.GradientName]);
            foreach (string suffix in (string[])[string.Empty, OptimizerGraph.FirstMoment, OptimizerGraph.SecondMoment])
            {
                string name = parameter.Name + suffix;
                binding.BindInput(name, from[name]);
                binding.BindOutput(name + OptimizerGraph.Out, to[name]);
            }
        }

        return binding;
    }

    private double Run(InferenceSession session, OrtIoBinding binding, TrainingBatch batch)
    {
        List<OrtValue> values = [];
        try
        {
            foreach (string name in _graph.BatchInputs)
            {
                (long[] data, long[] shape) = Input(name, batch, _graph.Kind);
                OrtValue value = OrtValue.CreateTensorValueFromMemory(data, shape);
                values.Add(value);
                binding.BindInput(name, value);
            }

            session.RunWithBinding(_runOptions, binding);
            return _loss.GetTensorDataAsSpan<float>()[0];
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }
    }

    private static (long[] Data, long[] Shape) Input(string name, TrainingBatch batch, LossKind kind) => name switch
    {
        "input_ids" => (batch.InputIds, [batch.Rows, batch.Columns]),
        "attention_mask" => (batch.AttentionMask, [batch.Rows, batch.Columns]),
        "token_type_ids" => (new long[batch.InputIds.Length], [batch.Rows, batch.Columns]),
        TrainingGraph.LabelsName when batch.Labels is { } labels =>
            (labels, kind == LossKind.Tokens ? [batch.Rows, batch.Columns] : [batch.Rows]),
        _ => throw new DataException($"training graph: needs inputs input_ids, attention_mask, token_type_ids and labels, got {name}"),
    };

    private TensorData CopyOf(string parameter, string name)
    {
        TrainingParameter described = Array.Find(_trainable, candidate => candidate.Name == parameter)
            ?? throw new ArgumentException($"{parameter}: is no trainable weight", nameof(parameter));
        return TensorData.From(_states[_current][name].GetTensorDataAsSpan<float>(), [.. described.Initial.Shape]);
    }

    private static OrtValue Scalar() => OrtValue.CreateAllocatedTensorValue(
        OrtAllocator.DefaultInstance, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, []);
}
