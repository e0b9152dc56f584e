using System.Globalization;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Decomposing;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Importing.Exports;

/// <summary>
/// An exported transformer (Optimum, transformers.js, torch.onnx, ONNX Runtime's optimiser) becomes a package: its inputs are told and made
/// those of the package contract, fused operators are decomposed, pooling and normalisation are added, and the file and the package are run on
/// the same tokens.
/// </summary>
internal sealed class ExportImport
{
    /// <summary>Most that hidden states may differ between file and package.</summary>
    public const double Tolerance = 1e-5;

    // Half-precision operators round where they are cut; 8-bit activations are scaled by the whole batch they are in.
    private const double HalfTolerance = 5e-3;
    private const double DynamicBatchTolerance = 0.1;

    private readonly ImportOptions _options;
    private readonly ExportSource _source;
    private readonly ModelConfig _config;
    private readonly OnnxModel _model;
    private readonly ExportInputs _inputs;
    private readonly DecomposedGraph _decomposed;
    private readonly TrialBatch _batch;
    private readonly List<string> _notes = [];

    private ExportImport(ImportOptions options, ExportSource source, ModelConfig config, OnnxModel model)
    {
        _options = options;
        _source = source;
        _config = config;
        _model = model;
        _inputs = new ExportInputs(model.Proto.Graph, config);
        OnnxModel rewritten = new(_inputs.Rewritten(model.Proto), model.Tensors);
        _decomposed = Decomposer.Decompose(rewritten, _inputs.Caches);
        _batch = new TrialBatch(config.VocabSize);
    }

    public static ImportResult Run(ImportOptions options)
    {
        AtomicOutput.RefuseExistingDirectory(options.Out, options.Force);
        if (options.Attention is not null)
        {
            throw new OptionException("attention: an exported graph keeps its own; import the safetensors of the model to choose");
        }

        ExportSource source = ExportSource.Find(options.Source);
        ModelConfig config = ModelConfig.Load(Path.Combine(source.Directory, ModelConfig.FileName));
        try
        {
            using OnnxModel model = OnnxModel.Load(source.ModelPath);
            return new ExportImport(options, source, config, model).Write();
        }
        catch (GraphException e)
        {
            throw new DataException($"{source.ModelPath}: {e.Message}", e);
        }
    }

    private ImportResult Write()
    {
        (Value states, string statesName, string? vectorsName) = ExportOutputs.Find(_decomposed.Graph, _model.Proto.Graph, _inputs, _config);
        string directory = Path.TrimEndingDirectorySeparator(_source.Directory);
        FaultList faults = new();
        SentenceModules modules = ModuleSettings.Resolve(_options, directory, SentenceModules.TransformerOf(directory), _config, faults);
        faults.ThrowIfAny();
        bool isOutput = _model.Proto.Graph.Output.Any(output => output.Name == statesName);
        IReadOnlyList<float[]> original = Original(states, statesName, isOutput, vectorsName);
        modules = WithPoolingOfTheFile(modules, directory, original);
        Extend(states, modules, directory);
        double difference = 0;
        SelfCheckFigures? check = null;
        ModelPackage package = ModelPackage.Create(
            _options.Out,
            new PackageContents
            {
                Config = _config,
                ConfigText = File.ReadAllText(Path.Combine(directory, ModelConfig.FileName)),
                Pooling = modules.Pooling,
                Dense = modules.Dense,
                Normalize = modules.Normalize,
                MaxLength = modules.MaxLength!.Value,
                Prompts = modules.Prompts,
                DefaultPromptName = modules.DefaultPromptName,
                Similarity = modules.Similarity,
                WriteTokenizer = target => TokenizerFiles.Copy(directory, target),
                WriteModel = Save,
                Verify = written =>
                {
                    difference = Compare(written, original[0]);
                    check = SelfCheck.Run(written, IsDynamic ? DynamicBatchTolerance : HasHalf ? HalfTolerance : SelfCheck.BatchTolerance);
                },
                Provenance = Provenance(modules),
                Description = $"Imported from the exported graph `{Path.GetFileName(_source.ModelPath)}`.",
            },
            _options.Force);
        if (_decomposed.Quantized.Count > 0)
        {
            _notes.Add("weights are quantised: the package embeds; merging rounds them again; --full training needs a model in floating point");
        }

        return new ImportResult(
            package,
            _decomposed.Graph.Tensors.Values.Where(data => data.ElementType.IsFloat()).Sum(data => data.ElementCount),
            [.. _decomposed.Graph.Tensors.Values.Where(data => data.ElementType.IsFloat()).Select(data => data.ElementType.ShortName()).Distinct().Order(StringComparer.Ordinal)],
            [],
            check!)
        {
            Export = new ExportReport([.. _inputs.Described], statesName, _decomposed.Replaced, _decomposed.Quantized, difference, _notes),
        };
    }

    private bool IsDynamic => _decomposed.Quantized.Keys.Any(op => op.Contains("Dynamic", StringComparison.Ordinal) || op.Contains("QAttention", StringComparison.Ordinal));

    private bool HasHalf => _model.Tensors.Values.Any(data => data.ElementType is ElementType.Float16 or ElementType.BFloat16);

    // States and, where the file has them, vectors of the trial batch. States inside the graph are no output of the file itself; a copy of the
    // decomposed graph that puts them out stands in for it, and the vectors are compared with the file's.
    private IReadOnlyList<float[]> Original(Value states, string statesName, bool isOutput, string? vectorsName)
    {
        if (isOutput)
        {
            return _batch.Run(_source.ModelPath, _inputs, _model.Proto.Graph, vectorsName is null ? [statesName] : [statesName, vectorsName]);
        }

        string path = Path.Combine(Path.GetTempPath(), $"onnxembed-{Guid.NewGuid():N}.onnx");
        try
        {
            GraphBuilder graph = _decomposed.Graph;
            graph.ClearOutputs();
            graph.Output(states);
            using OnnxModel probe = _decomposed.ToModel();
            probe.Save(path);
            float[] inner = _batch.Run(path, null, null, states.Name)[0];
            return [inner, _batch.Run(_source.ModelPath, _inputs, _model.Proto.Graph, vectorsName!)[0]];
        }
        finally
        {
            File.Delete(path);
            File.Delete(path + "_data");
        }
    }

    // The vectors that the file itself puts out decide where no option and no file beside it does.
    private SentenceModules WithPoolingOfTheFile(SentenceModules modules, string directory, IReadOnlyList<float[]> original)
    {
        if (original.Count < 2 || _options.Pooling is not null || File.Exists(Path.Combine(directory, PackageFiles.Modules)))
        {
            return modules;
        }

        if (PoolingRecognition.Find(original[0], original[1]) is { } found)
        {
            _notes.Add($"the file's own vectors are {found.Mode.ToString().ToLowerInvariant()} pooling{(found.Normalize ? ", scaled to length 1" : "")}");
            return modules with { Pooling = found.Mode, Normalize = _options.Normalize ?? found.Normalize };
        }

        _notes.Add($"the file's own vectors are no known pooling of its hidden states (a pooler, perhaps) and are left out; {modules.Pooling.ToString().ToLowerInvariant()} pooling is used");
        return modules;
    }

    private void Extend(Value states, SentenceModules modules, string directory)
    {
        GraphBuilder graph = _decomposed.Graph;
        Value mask = graph[EncoderInputs.AttentionMaskName];
        Value wide = graph.Cast(states, ElementType.Float32);
        Dictionary<string, TensorData> parameters = DenseParameters(modules, directory);
        Value vector = SentenceVector.Pool(graph, wide, mask, modules.Pooling);
        vector = SentenceVector.Transform(
            graph, vector, modules.Dense, ParameterSources.Initializers(graph, ParameterSources.From(parameters, directory)));
        vector = modules.Normalize ? SentenceVector.Normalize(graph, vector) : vector;
        graph.ClearOutputs();
        graph.Output(wide, EncoderGraph.HiddenStateName);
        graph.Output(vector, EncoderGraph.SentenceEmbeddingName);
    }

    private static Dictionary<string, TensorData> DenseParameters(SentenceModules modules, string directory)
    {
        Dictionary<string, TensorData> parameters = new(StringComparer.Ordinal);
        foreach (DenseLayer layer in modules.Dense)
        {
            using Checkpoint weights = Checkpoint.Open(Path.Combine(directory, layer.Path));
            foreach ((string inModule, string inGraph, long[] shape) in layer.Parameters)
            {
                TensorData data = ParameterSources.From(weights.Tensors, weights.Directory)(inModule, shape);
                parameters.Add(inGraph, TensorData.FromDoubles(data.ToDoubles(), ElementType.Float32, [.. data.Shape]));
            }
        }

        return parameters;
    }

    private void Save(string path)
    {
        using OnnxModel built = _decomposed.ToModel();
        TensorShapeProto states = built.Proto.Graph.Output[0].Type.TensorType.Shape;
        states.Dim[0] = new TensorShapeProto.Types.Dimension { DimParam = EncoderInputs.BatchAxis };
        states.Dim[1] = new TensorShapeProto.Types.Dimension { DimParam = EncoderInputs.SequenceAxis };
        built.Proto.Graph.Output[1].Type.TensorType.Shape.Dim[0] = new TensorShapeProto.Types.Dimension { DimParam = EncoderInputs.BatchAxis };
        built.Save(path);
    }

    private double Compare(ModelPackage package, float[] original)
    {
        float[] actual = _batch.Run(package.ModelPath, null, null, EncoderGraph.HiddenStateName)[0];
        int width = original.Length / (TrialBatch.Count * TrialBatch.Length);
        double difference = 0, largest = 1;
        for (int i = 0; i < original.Length; i++)
        {
            int row = i / width;
            if (!TrialBatch.IsToken(row / TrialBatch.Length, row % TrialBatch.Length))
            {
                continue; // states of padding are not defined by every fused operator
            }

            largest = Math.Max(largest, Math.Abs(original[i]));
            difference = Math.Max(difference, Math.Abs((double)original[i] - actual[i]));
        }

        difference /= largest;
        double most = HasHalf ? HalfTolerance : Tolerance;
        return difference <= most
            ? difference
            : throw new DataException(string.Create(
                CultureInfo.InvariantCulture,
                $"{_source.ModelPath}: needs the same hidden states from the file and the package (± {most:G3}), they differ by {difference:G3}"));
    }

    private Provenance Provenance(SentenceModules modules) => new(
        "import",
        new Dictionary<string, object?>
        {
            ["model_type"] = _config.ModelType,
            ["from"] = "onnx",
            ["pooling"] = modules.Pooling.ToString().ToLowerInvariant(),
            ["dense"] = modules.Dense.Count,
            ["normalize"] = modules.Normalize,
            ["max_length"] = modules.MaxLength,
            ["default_prompt"] = modules.DefaultPromptName,
            ["decomposed"] = _decomposed.Replaced.Values.Sum(),
            ["quantized"] = _decomposed.Quantized.Values.Sum(),
        },
        [
            ProvenanceInput.Of("source", Path.GetDirectoryName(_source.ModelPath)!, Path.GetFileName(_source.ModelPath)),
            .. _model.Locations.Values.Where(location => location.Storage == TensorStorage.External).Select(location => location.File).Distinct()
                .Select(name => ProvenanceInput.Of("source", Path.GetDirectoryName(_source.ModelPath)!, name)),
            .. ((string[])[ModelConfig.FileName, TokenizerJson.FileName]).Select(name => ProvenanceInput.Of("source", _source.Directory, name)),
        ],
        new Dictionary<string, ulong>());
}
