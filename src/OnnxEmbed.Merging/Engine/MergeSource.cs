using OnnxEmbed.Merging.Adapters;
using OnnxEmbed.Merging.Inputs;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <summary>One input of a merge, opened: its model, its adapters bound to tensors, and its package if it is one.</summary>
internal sealed partial class MergeSource : IDisposable
{
    private readonly List<LoraAdapter> _adapters = [];
    private readonly Dictionary<string, FoldedWeights> _folded = new(StringComparer.Ordinal);

    private readonly Dictionary<string, TensorBinding?> _bindings = new(StringComparer.Ordinal);
    private readonly OpenedModel _opened;
    private readonly Dictionary<string, WeightSource> _views = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, QuantisedTensor>? _quantised;
    private HashSet<string>? _scales;

    private MergeSource(MergeInput input, OpenedModel opened)
    {
        Input = input;
        _opened = opened;
    }

    public MergeInput Input { get; }

    /// <summary>Last part of the path: what reports and messages call the model.</summary>
    public string Label => Input.Layers.Count == 0
        ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Input.Model)))
        : string.Join(" + ", Input.Layers.Select(LabelOf));

    public ModelPackage? Package => _opened.Package;

    public OnnxModel Model => _opened.Model;

    /// <summary>Whether the model has nodes; a checkpoint has tensors only.</summary>
    public bool HasGraph => _opened.HasGraph;

    /// <summary>Its quantised weights by the tensor of their codes.</summary>
    public IReadOnlyDictionary<string, QuantisedTensor> Quantised => _quantised ??= _stacked is null ? QuantisedTensor.Find(Model) : new Dictionary<string, QuantisedTensor>();

    /// <summary>Whether a tensor holds the scales, zero points or order of a quantised weight, which go with its codes.</summary>
    public bool IsScale(string tensor) =>
        (_scales ??= [.. Quantised.Values.SelectMany(weight => new[] { weight.ScalesName, weight.ZerosName, weight.OrderName }).OfType<string>()]).Contains(tensor);

    /// <summary>The files that hold its weights.</summary>
    public IReadOnlyList<string> Files => _opened.Files;

    /// <summary>Directories of the adapters, resolved.</summary>
    public List<string> AdapterDirectories { get; } = [];

    public static MergeSource Open(MergeInput input)
    {
        if (input.Layers.Count > 0)
        {
            return OpenStack(input);
        }

        MergeSource source = new(input, ModelOpener.Open(input.Model));
        try
        {
            AdapterBinder? binder = null;
            foreach (string adapter in source._opened.Adapters)
            {
                binder ??= new AdapterBinder(source.Model);
                source.Fold(adapter, 1, binder);
            }

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

    /// <summary>Says where this model holds the values of a tensor, or a part of one, of the first model; null for nowhere.</summary>
    public void Bind(string unit, TensorBinding? binding) => _bindings[unit] = binding;

    /// <summary>Gives the values of a part of a tensor of the first model that lie in no one tensor.</summary>
    public void Bind(string unit, WeightSource view, string tensor)
    {
        _views[unit] = view;
        _bindings[unit] = BindingOf(tensor);
    }

    /// <summary>Where the values of a tensor of the first model are; null for nowhere.</summary>
    public TensorBinding? BindingOf(string unit) => _bindings.TryGetValue(unit, out TensorBinding? binding) ? binding
        : Model.Tensors.ContainsKey(unit) ? new TensorBinding(unit) : null;

    /// <summary>The stored tensor of the same place; null where the model has none.</summary>
    public TensorData? Find(string unit) => BindingOf(unit) is { } binding ? Model.Tensors[binding.Tensor] : null;

    /// <summary>The values of a tensor, or a part of one, of the first model in its order, adapters included.</summary>
    public WeightSource Weights(string unit)
    {
        if (_views.TryGetValue(unit, out WeightSource? view))
        {
            return view;
        }

        TensorBinding binding = BindingOf(unit) ?? throw new InvalidOperationException($"{Label} has no '{unit}'");
        WeightSource weights = Own(binding.Tensor);
        weights = binding.Selection is { } selection ? new SelectedWeights(weights, selection) : weights;
        return binding.Transposed ? new TransposedWeights(weights) : weights;
    }

    public bool IsAdapted(string unit) => BindingOf(unit) is { } binding && IsOwnAdapted(binding.Tensor);

    private WeightSource Own(string tensor) =>
        _stacked is not null ? _stacked[tensor].Piece.Own(_stacked[tensor].Name)
        : _folded.TryGetValue(tensor, out FoldedWeights? folded) ? folded
        : Quantised.TryGetValue(tensor, out QuantisedTensor? quantised) ? new DequantisedWeights(quantised)
        : new StoredWeights(Model.Tensors[tensor]);

    private bool IsOwnAdapted(string tensor) =>
        _stacked is null ? _folded.ContainsKey(tensor) : _stacked[tensor].Piece.IsOwnAdapted(_stacked[tensor].Name);

    public void Dispose()
    {
        _adapters.ForEach(adapter => adapter.Dispose());
        _pieces.ForEach(piece => piece.Dispose());
        Model.Dispose();
        foreach (IDisposable owned in _opened.Owned)
        {
            owned.Dispose();
        }
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
