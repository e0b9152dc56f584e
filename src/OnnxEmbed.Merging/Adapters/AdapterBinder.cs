using OnnxEmbed.Merging.Engine;
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
    private readonly OnnxModel _model;
    private readonly Consumers _consumers;
    private readonly Dictionary<string, string> _byNode = new(StringComparer.Ordinal);

    public AdapterBinder(OnnxModel model)
    {
        _model = model;
        _consumers = new Consumers(model.Proto.Graph);
        foreach (NodeProto node in model.Proto.Graph.Node.Where(node => node.OpType is "MatMul" or "Gemm" && node.Input.Count >= 2))
        {
            // PyTorch's exporter names nodes by module: /encoder/layer.0/attention/self/query/MatMul.
            int end = node.Name.LastIndexOf('/');
            if (end > 0 && model.Tensors.ContainsKey(node.Input[1]))
            {
                _byNode.TryAdd(node.Name[..end].Trim('/').Replace('/', '.'), node.Input[1]);
            }
        }
    }

    /// <summary>Binds all modules of an adapter.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="where">Its name in messages.</param>
    /// <exception cref="ShapeMismatchException">Modules have no tensor or another shape; all are listed.</exception>
    public IReadOnlyList<AdapterBinding> Bind(LoraAdapter adapter, string where)
    {
        List<AdapterBinding> bindings = [];
        List<string> faults = [];
        foreach (LoraModule module in adapter.Modules)
        {
            string? tensor = Find(module.Module);
            if (tensor is null)
            {
                faults.Add($"module '{module.Module}' needs an initializer '{module.Parameter}', the model has none");
                continue;
            }

            if (Orientation(tensor, module, faults) is { } transposed)
            {
                bindings.Add(new AdapterBinding(tensor, module, transposed));
            }
        }

        return faults.Count == 0 ? bindings : throw new ShapeMismatchException($"{where}: the adapter does not fit the model", faults);
    }

    /// <summary>The module's own name first, then without leading parts such as <c>model.</c>, then as the ending of one name in the model.</summary>
    private string? Find(string module)
    {
        for (string name = module; ; name = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..])
        {
            if (_model.Tensors.ContainsKey(name + ".weight"))
            {
                return name + ".weight";
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

        string[] endings = [.. _model.Tensors.Keys.Where(name => name.EndsWith($".{module}.weight", StringComparison.Ordinal))];
        return endings.Length == 1 ? endings[0] : null;
    }

    private bool? Orientation(string name, LoraModule module, List<string> faults)
    {
        TensorData weight = _model.Tensors[name];
        long rows = module.B.Shape[0];
        long columns = module.A.Shape[1];
        bool straight = weight.Shape.SequenceEqual([rows, columns]);
        bool turned = weight.Shape.SequenceEqual([columns, rows]);
        if (!weight.ElementType.IsFloat() || (!straight && !turned))
        {
            faults.Add($"module '{module.Module}' changes a weight [{rows}, {columns}], '{name}' is {weight}");
            return null;
        }

        bool? transposed = IsInByOut(name);
        if (straight && turned)
        {
            if (transposed is null)
            {
                faults.Add($"module '{module.Module}': '{name}' is square and no MatMul, Gemm or Transpose tells whether it lies as [out, in]");
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

    /// <summary>Whether the consumers use a weight as [in, out]; null if they do not tell or disagree.</summary>
    private bool? IsInByOut(string name)
    {
        HashSet<bool> answers = [];
        foreach ((NodeProto node, int input) in _consumers.Of(name))
        {
            switch (node.OpType)
            {
                case "MatMul":
                    answers.Add(input == 1);
                    break;
                case "Gemm" when input < 2:
                    bool flipped = (node.Attribute.FirstOrDefault(attribute => attribute.Name == (input == 1 ? "transB" : "transA"))?.I ?? 0) != 0;
                    answers.Add((input == 1) != flipped);
                    break;
                case "Transpose":
                    answers.UnionWith(_consumers.Of(node.Output[0])
                        .Where(consumer => consumer.Node.OpType == "MatMul").Select(consumer => consumer.Input == 0));
                    break;
            }
        }

        return answers.Count == 1 ? answers.Single() : null;
    }
}
