using OnnxEmbed.Merging.Adapters;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <summary>One input of a merge, opened: its model, its adapters bound to tensors, and its package if it is one.</summary>
internal sealed class MergeSource : IDisposable
{
    private readonly List<LoraAdapter> _adapters = [];
    private readonly Dictionary<string, FoldedWeights> _folded = new(StringComparer.Ordinal);

    private MergeSource(MergeInput input, ModelPackage? package, OnnxModel model)
    {
        Input = input;
        Package = package;
        Model = model;
    }

    public MergeInput Input { get; }

    /// <summary>Last part of the path: what reports and messages call the model.</summary>
    public string Label => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Input.Model)));

    public ModelPackage? Package { get; }

    public OnnxModel Model { get; }

    /// <summary>Directories of the adapters, resolved.</summary>
    public List<string> AdapterDirectories { get; } = [];

    public static MergeSource Open(MergeInput input)
    {
        ModelPackage? package = null;
        if (Directory.Exists(input.Model))
        {
            package = ModelPackage.Open(input.Model);
        }
        else if (!File.Exists(input.Model))
        {
            throw new DataException($"{input.Model}: needs a model package or an .onnx file, there is nothing of that name");
        }

        MergeSource source = new(input, package, OnnxModel.Load(package?.ModelPath ?? input.Model));
        try
        {
            AdapterBinder? binder = null;
            foreach (string path in input.Adapters)
            {
                binder ??= new AdapterBinder(source.Model);
                source.Fold(path, binder);
            }

            return source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>The values of a tensor, adapters included.</summary>
    public WeightSource Weights(string name) =>
        _folded.TryGetValue(name, out FoldedWeights? folded) ? folded : new StoredWeights(Model.Tensors[name]);

    public bool IsAdapted(string name) => _folded.ContainsKey(name);

    public void Dispose()
    {
        _adapters.ForEach(adapter => adapter.Dispose());
        Model.Dispose();
    }

    private void Fold(string path, AdapterBinder binder)
    {
        string directory = LoraAdapter.IsAdapter(path) ? path : Path.Combine(path, "adapter");
        if (!LoraAdapter.IsAdapter(directory))
        {
            throw new DataException(
                $"{path}: needs an adapter ({LoraSettings.FileName} and {LoraAdapter.TensorsFileName}) or a training run with one as adapter/, there is none");
        }

        LoraAdapter adapter = LoraAdapter.Load(directory);
        _adapters.Add(adapter);
        AdapterDirectories.Add(directory);
        foreach (AdapterBinding binding in binder.Bind(adapter, path))
        {
            if (!_folded.TryGetValue(binding.Tensor, out FoldedWeights? weights))
            {
                weights = new FoldedWeights(Model.Tensors[binding.Tensor]);
                _folded.Add(binding.Tensor, weights);
            }

            weights.Add(binding.Module.A, binding.Module.B, binding.Module.Scale, binding.Transposed);
        }
    }
}
