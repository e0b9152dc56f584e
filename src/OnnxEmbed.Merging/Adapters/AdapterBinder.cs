using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Adapters;

/// <summary>
/// Finds the initializer that each module of an adapter changes, by parameter name or by the name of the node that an exporter gave the
/// layer, and which way round the weight lies, by what the node does with it.
/// </summary>
internal sealed class AdapterBinder
{
    private const string Weight = ".weight";

    private readonly OnnxModel _model;
    private readonly LayerUse _use;
    private readonly Dictionary<string, string> _byNode = new(StringComparer.Ordinal);

    public AdapterBinder(OnnxModel model)
    {
        _model = model;
        _use = new LayerUse(model.Proto.Graph);
        foreach ((string module, string tensor) in NamedByNodes(model))
        {
            _byNode.TryAdd(module, tensor);
        }
    }

    /// <summary>
    /// Layers that an exporter named by their nodes (PyTorch: /encoder/layer.0/attention/self/query/MatMul), and their weights.
    /// </summary>
    public static IEnumerable<(string Module, string Tensor)> NamedByNodes(OnnxModel model)
    {
        foreach (NodeProto node in model.Proto.Graph.Node.Where(node => node.OpType is "MatMul" or "Gemm" or "Gather"
            && node.Input.Count >= 2))
        {
            string weight = node.Input[node.OpType == "Gather" ? 0 : 1];
            int end = node.Name.LastIndexOf('/');
            if (end > 0 && model.Tensors.ContainsKey(weight))
            {
                yield return (node.Name[..end].Trim('/').Replace('/', '.'), weight);
            }
        }
    }

    /// <summary>Binds all of an adapter.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="where">Its name in messages.</param>
    /// <exception cref="ShapeMismatchException">Parts have no tensor or another shape; all are listed.</exception>
    public BoundAdapter Bind(LoraAdapter adapter, string where)
    {
        List<AdapterBinding> modules = [];
        List<WholeBinding> whole = [];
        List<string> faults = [];
        foreach (LoraModule module in adapter.Modules)
        {
            string? tensor = Find(module.Module);
            if (tensor is null)
            {
                faults.Add($"module '{module.Module}' needs an initializer '{module.Parameter}', the model has none");
                continue;
            }

            string? bias = module.Bias is { } change ? BiasOf(module.BiasParameter, change, faults) : null;
            if (Orientation(tensor, module, adapter.Settings.FanInFanOut, faults) is { } transposed)
            {
                modules.Add(new AdapterBinding(tensor, module, transposed) { Bias = bias });
            }
        }

        foreach ((string name, TensorData value) in adapter.WholeTensors)
        {
            if (Replaced(name, value, faults) is { } binding)
            {
                whole.Add(binding);
            }
        }

        faults.AddRange(modules.Select(binding => (binding.Tensor, Name: $"module '{binding.Module.Module}'"))
            .Concat(modules.Where(binding => binding.Bias is not null)
                .Select(binding => (Tensor: binding.Bias!, Name: $"'{binding.Module.BiasParameter}'")))
            .GroupBy(entry => entry.Tensor, entry => entry.Name, StringComparer.Ordinal)
            .Where(group => group.Count() > 1)
            .Select(group => $"{string.Join(" and ", group)} all change '{group.Key}'"));
        faults.AddRange(whole.GroupBy(binding => binding.Tensor, StringComparer.Ordinal).Where(group => group.Count() > 1)
            .Select(group => $"{group.Count()} whole tensors replace '{group.Key}'"));
        return faults.Count == 0 ? new BoundAdapter(modules, whole)
            : throw new ShapeMismatchException($"{where}: the adapter does not fit the model", faults);
    }

    /// <summary>
    /// The module's own name first, then without leading parts such as <c>model.</c>, then as the ending of one name in the model.
    /// </summary>
    private string? Find(string module)
    {
        for (string name = module; ; name = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..])
        {
            if (_model.Tensors.ContainsKey(name + Weight))
            {
                return name + Weight;
            }

            if (_byNode.TryGetValue(name, out string? tensor))
            {
                return tensor;
            }

            // A single word, such as query, names no layer.
            if (name.Count(c => c == '.') < 2)
            {
                break;
            }
        }

        return ByEnding(module + Weight);
    }

    /// <summary>
    /// A parameter that is no weight of a layer: its own name, then without leading parts, then as the ending of one name.
    /// </summary>
    private string? FindParameter(string parameter)
    {
        for (string name = parameter; name.Count(c => c == '.') >= 1; name = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..])
        {
            if (_model.Tensors.ContainsKey(name))
            {
                return name;
            }

            if (name.Count(c => c == '.') < 3)
            {
                break;
            }
        }

        return ByEnding(parameter);
    }

    private string? ByEnding(string parameter)
    {
        string[] endings = [.. _model.Tensors.Keys.Where(name => name.EndsWith("." + parameter, StringComparison.Ordinal))];
        return endings.Length == 1 ? endings[0] : null;
    }

    private string? BiasOf(string parameter, TensorData change, List<string> faults)
    {
        string? name = FindParameter(parameter);
        if (name is null)
        {
            faults.Add($"'{parameter}' changes a bias, the model has none of that name");
        }
        else if (_model.Tensors[name] is { } bias && (!bias.ElementType.IsFloat() || bias.ElementCount != change.ElementCount))
        {
            faults.Add($"'{parameter}' changes a bias of {change.ElementCount}, '{name}' is {bias}");
        }

        return name;
    }

    private WholeBinding? Replaced(string parameter, TensorData value, List<string> faults)
    {
        string? name = parameter.EndsWith(Weight, StringComparison.Ordinal) && value.Shape.Count == 2
            ? Find(parameter[..^Weight.Length])
            : FindParameter(parameter);
        if (name is null)
        {
            faults.Add($"'{parameter}' {value} takes the place of an initializer, the model has none of that name");
            return null;
        }

        TensorData stored = _model.Tensors[name];
        bool straight = stored.Shape.SequenceEqual(value.Shape);
        bool turned = value.Shape.Count == 2 && stored.Shape.SequenceEqual(value.Shape.Reverse());
        if (!stored.ElementType.IsFloat() || (!straight && !turned))
        {
            faults.Add($"'{parameter}' is {value}, '{name}' is {stored}");
            return null;
        }

        // A square weight lies as its node uses it; one that is looked up lies as it is stored.
        bool transposed = straight && turned ? !_use.IsTable(name) && _use.IsInByOut(name) == true : turned;
        return new WholeBinding(name, value, transposed);
    }

    private bool? Orientation(string name, LoraModule module, bool fanInFanOut, List<string> faults)
    {
        TensorData weight = _model.Tensors[name];
        long rows = module.Outputs;
        long columns = module.Inputs;
        bool straight = weight.Shape.SequenceEqual([rows, columns]);
        bool turned = weight.Shape.SequenceEqual([columns, rows]);
        if (!weight.ElementType.IsFloat() || (!straight && !turned))
        {
            string shape = module.IsEmbedding ? $"a table [{columns}, {rows}]" : $"a weight [{rows}, {columns}]";
            faults.Add($"module '{module.Module}' changes {shape}, '{name}' is {weight}");
            return null;
        }

        // A table [vocabulary, width] lies as [in, out] would; a tied table that a product uses, too, stays one. A checkpoint has no nodes
        // that tell, and lies as PyTorch has it.
        bool isCheckpoint = _model.Proto.Graph.Node.Count == 0;
        bool? transposed = module.IsEmbedding ? _use.IsTable(name) || turned || isCheckpoint : _use.IsInByOut(name);
        if (straight && turned)
        {
            // The config's word counts only where the graph has none: GPT-2's layers lie as [in, out] in PyTorch, too.
            transposed ??= fanInFanOut || isCheckpoint ? fanInFanOut : null;
            if (transposed is null)
            {
                faults.Add(
                    $"module '{module.Module}': '{name}' is square and no MatMul, Gemm or Transpose tells whether it lies as [out, in]");
            }

            return transposed;
        }

        // The shape decides; a node that says the opposite means that the layer is another one.
        if (transposed is { } stated && stated != turned)
        {
            faults.Add($"module '{module.Module}' changes a weight [{rows}, {columns}], '{name}' {weight} is used the other way round");
            return null;
        }

        return turned;
    }
}
