using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Embedders;

/// <content>Opening.</content>
public sealed partial class Embedder
{
    /// <summary>Opens a package, with an adapter folded into its weights in memory if one is given.</summary>
    /// <param name="package">The package.</param>
    /// <param name="options">How to run.</param>
    /// <param name="adapter">Adapter to add; it may be disposed of after the call.</param>
    /// <exception cref="DataException">
    /// The model is not what the package contract says, or the adapter does not fit it (all misfits are listed).
    /// </exception>
    /// <exception cref="OptionException">An option is wrong.</exception>
    public static Embedder Open(ModelPackage package, EmbedderOptions options, LoraAdapter? adapter = null)
    {
        ArgumentNullException.ThrowIfNull(package);
        return Open(package, options, session =>
        {
            List<OrtValue> folded = [];
            if (adapter is not null)
            {
                using OnnxModel model = OnnxModel.Load(package.ModelPath);
                Fold(model, adapter, session, folded);
            }

            if (!IsCut(package, options))
            {
                return (new InferenceSession(package.ModelPath, session), folded);
            }

            using OnnxModel scaled = OnnxModel.Load(package.ModelPath);
            return (new InferenceSession(UnscaledVectors.Of(scaled), session), folded);
        });
    }

    /// <summary>Opens a package with another model in place of its own, for example a merge that is not written yet.</summary>
    /// <param name="package">Tokenizer, maximum length and prompt.</param>
    /// <param name="model">The model; it may be disposed of after the call.</param>
    /// <param name="options">How to run.</param>
    /// <exception cref="DataException">The model is not what the package contract says.</exception>
    /// <exception cref="OptionException">An option is wrong.</exception>
    public static Embedder Open(ModelPackage package, OnnxModel model, EmbedderOptions options)
    {
        ArgumentNullException.ThrowIfNull(package);
        ArgumentNullException.ThrowIfNull(model);
        return Open(
            package,
            options,
            session => (new InferenceSession(IsCut(package, options) ? UnscaledVectors.Of(model) : model.ToBytes(), session), []));
    }

    private static Embedder Open(
        ModelPackage package,
        EmbedderOptions options,
        Func<SessionOptions, (InferenceSession Session, IReadOnlyList<IDisposable> Held)> open)
    {
        Check(options, package);

        // Arena on (off: 421 against 317 ms) and memory pattern off (313 ms, 755 against 1211 MB resident): measured on a LoRA step of a
        // 12 M-parameter model, 2 cores. Lengths change from batch to batch here, so a recorded pattern would rarely fit anyway.
        using SessionOptions session = new()
        {
            // Batches that run at the same time each bring the thread that calls; the rest of the threads help whoever asks.
            IntraOpNumThreads = options.Threads - options.Sessions + 1,
            InterOpNumThreads = 1,
            EnableMemoryPattern = false,
            EnableCpuMemArena = true,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        if (options.Sessions > 1)
        {
            // A thread that spins for its next task takes time from the other batches.
            session.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        }

        ExecutionDevice.Select(session, options.Device);
        (InferenceSession Session, IReadOnlyList<IDisposable> Held) opened;
        try
        {
            opened = open(session);
        }
        catch (OnnxRuntimeException e)
        {
            throw new DataException($"{package.ModelPath}: ONNX Runtime cannot open the model: {e.Message}", e);
        }

        try
        {
            return new Embedder(package, opened.Session, opened.Held, options);
        }
        catch
        {
            opened.Session.Dispose();
            foreach (IDisposable held in opened.Held)
            {
                held.Dispose();
            }

            throw;
        }
    }

    // Whether vectors are wanted as they are before the graph scales them.
    private static bool IsCut(ModelPackage package, EmbedderOptions options) => package.Normalize && options.Normalize == false;

    private static void Check(EmbedderOptions options, ModelPackage package)
    {
        List<string> faults = [];
        void Needs(bool right, string text)
        {
            if (!right)
            {
                faults.Add(text);
            }
        }

        Needs(options.Threads >= 1, $"threads: needs 1 or more, got {options.Threads}");
        Needs(
            options.Sessions >= 1 && options.Sessions <= Math.Max(1, options.Threads),
            $"sessions: needs a number in [1, {Math.Max(1, options.Threads)}], the threads, got {options.Sessions}");
        Needs(options.MaxTokensPerBatch >= 1, $"tokens per batch: needs 1 or more, got {options.MaxTokensPerBatch}");
        int least = Math.Max(1, package.Tokenizer.AddedTokenCount);
        int most = package.Config.MaxSequenceLength > 0 ? package.Config.MaxSequenceLength : int.MaxValue;
        Needs(
            options.MaxLength is null || (options.MaxLength >= least && options.MaxLength <= most),
            $"maximum length: needs a number in [{least}, {most}], got {options.MaxLength}");
        if (faults.Count > 0)
        {
            throw new OptionException(string.Join("; ", faults));
        }
    }

    private static void Fold(OnnxModel model, LoraAdapter adapter, SessionOptions session, List<OrtValue> folded)
    {
        List<(string Name, Func<TensorData, TensorData> Change)> changes =
        [
            .. adapter.Modules.Select(module => (module.Parameter, (Func<TensorData, TensorData>)(weight =>
                LoraFolding.Fold(weight, module, IsInputFirst(model, module.Parameter))))),
            .. adapter.WholeTensors.Select(whole => (whole.Key, (Func<TensorData, TensorData>)(weight => Replace(whole.Key, weight, whole.Value)))),
        ];
        foreach (LoraModule module in adapter.Modules.Where(module => module.Bias is not null))
        {
            int trained = changes.FindIndex(change => change.Name == module.BiasParameter);
            Func<TensorData, TensorData> before = trained < 0 ? bias => bias : changes[trained].Change;
            changes.RemoveAll(change => change.Name == module.BiasParameter);
            changes.Add((module.BiasParameter, bias => LoraFolding.FoldBias(before(bias), module)));
        }

        string[] missing = [.. changes.Where(change => !model.Tensors.ContainsKey(change.Name)).Select(change => change.Name)];
        if (missing.Length > 0)
        {
            string[] known =
            [
                .. model.Tensors
                    .Where(tensor => tensor.Value.Shape.Count == 2 && tensor.Key.EndsWith(".weight", StringComparison.Ordinal))
                    .Select(tensor => tensor.Key),
            ];
            throw new DataException(
                $"{model.Path}: has no parameters {string.Join(", ", missing)} for the adapter; it has {string.Join(", ", known)}");
        }

        foreach ((string name, Func<TensorData, TensorData> change) in changes)
        {
            TensorData weight = change(model.Tensors[name]);
            OrtValue value = weight.ElementType == ElementType.Float32
                ? OrtValue.CreateTensorValueFromMemory(weight.ToArray<float>(), [.. weight.Shape])
                : throw new DataException($"{model.Path}: {name} needs to be f32 to take an adapter in memory, got {weight}; fold it with merge --lora");
            folded.Add(value);
            session.AddInitializer(name, value);
        }
    }

    // How the graph uses a weight tells how it lies; the shape of a square one does not.
    private static bool IsInputFirst(OnnxModel model, string weight) => model.Proto.Graph.Node.Any(node =>
        node.Input.Count > 1 && node.Input[1] == weight
        && (node.OpType == "MatMul" || (node.OpType == "Gemm" && node.GetInt("transB", 0) == 0)));

    private static TensorData Replace(string name, TensorData weight, TensorData replacement) => weight.Shape.SequenceEqual(replacement.Shape)
        ? TensorData.FromDoubles(replacement.ToDoubles(), weight.ElementType, [.. weight.Shape])
        : throw new ShapeMismatchException($"{name}: needs shape [{string.Join(", ", weight.Shape)}] in the adapter, got {replacement}", []);
}
