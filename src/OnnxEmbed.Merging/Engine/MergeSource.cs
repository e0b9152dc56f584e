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
            for (int i = 0; i < input.Adapters.Count; i++)
            {
                binder ??= new AdapterBinder(source.Model);
                source.Fold(input.Adapters[i], input.AdapterWeights.Count == 0 ? 1 : input.AdapterWeights[i], binder);
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

    private void Fold(string path, double weight, AdapterBinder binder)
    {
        string directory = AdapterDirectory.Of(path);
        LoraAdapter adapter = LoraAdapter.Load(directory);
        _adapters.Add(adapter);
        AdapterDirectories.Add(directory);
        BoundAdapter bound = binder.Bind(adapter, path);
        string[] twice = [.. bound.Whole.Select(whole => whole.Tensor).Where(name => _folded.TryGetValue(name, out FoldedWeights? held) && held.IsReplaced)];
        if (twice.Length > 0)
        {
            throw new DataException($"{path}: replaces {string.Join(", ", twice)} whole, which another adapter of the same model does, too");
        }

        foreach (WholeBinding whole in bound.Whole)
        {
            Folded(whole.Tensor).Replace(whole.Value, weight, whole.Transposed);
        }

        foreach (AdapterBinding binding in bound.Modules)
        {
            Folded(binding.Tensor).Add(binding.Module, weight, binding.Transposed);
            if (binding.Bias is { } bias)
            {
                Folded(bias).Add(binding.Module.Bias!, weight * binding.Module.Scale);
            }
        }
    }

    private FoldedWeights Folded(string tensor)
    {
        if (!_folded.TryGetValue(tensor, out FoldedWeights? weights))
        {
            weights = new FoldedWeights(Model.Tensors[tensor]);
            _folded.Add(tensor, weights);
        }

        return weights;
    }
}
