using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Adapters.Extracting;

/// <summary>The layers of a model by the weights they use: names from parameters or nodes, orientation from what nodes do.</summary>
internal sealed class LayerCatalogue
{
    private const string Weight = ".weight";

    private readonly OnnxModel _model;
    private readonly LayerUse _use;
    private readonly Dictionary<string, string> _moduleOf = new(StringComparer.Ordinal);

    public LayerCatalogue(OnnxModel model)
    {
        _model = model;
        _use = new LayerUse(model.Proto.Graph);
        foreach ((string module, string tensor) in AdapterBinder.NamedByNodes(model))
        {
            _moduleOf.TryAdd(tensor, module);
        }
    }

    /// <summary>
    /// The layer of a weight; null where it is no matrix of a layer, has no name, or nothing tells which way round it lies.
    /// </summary>
    public ExtractedLayer? Find(string tensor)
    {
        TensorData stored = _model.Tensors[tensor];
        string? module = tensor.EndsWith(Weight, StringComparison.Ordinal) ? tensor[..^Weight.Length] : _moduleOf.GetValueOrDefault(tensor);
        if (stored.Shape.Count != 2 || stored.ElementCount == 0 || module is null)
        {
            return null;
        }

        bool table = _use.IsTable(tensor);
        bool? transposed = table ? true : _use.IsInByOut(tensor);
        return transposed is { } known ? new ExtractedLayer(tensor, module, table, known) : null;
    }
}
