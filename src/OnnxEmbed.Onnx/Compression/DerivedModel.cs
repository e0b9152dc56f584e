using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Compression;

/// <summary>
/// A model in the making that takes over the initializers of another: a changed graph, and initializers that are computed when they are
/// written, one at a time, so that memory does not grow with the model.
/// </summary>
public sealed class DerivedModel
{
    private readonly OnnxModel _source;
    private readonly Dictionary<string, (TensorData Layout, Func<TensorData> Values)> _made = new(StringComparer.Ordinal);

    /// <summary>Begins with the graph as it is.</summary>
    /// <param name="source">The model whose tensors are used; it must stay open until the last <see cref="Save"/>.</param>
    public DerivedModel(OnnxModel source)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        Proto = source.Proto.Clone();
    }

    /// <summary>The graph; free to change.</summary>
    public ModelProto Proto { get; }

    /// <summary>Initializers of type f32 of the source that only nodes of the main graph read; subgraphs know theirs by name.</summary>
    internal IReadOnlyDictionary<string, TensorData> Weights()
    {
        HashSet<string> inner = [.. Proto.Graph.Node.SelectMany(InnerReads), .. Proto.Graph.Output.Select(output => output.Name)];
        return _source.Tensors
            .Where(entry => entry.Value.ElementType == ElementType.Float32 && !inner.Contains(entry.Key) && !_made.ContainsKey(entry.Key))
            .ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>Adds an initializer, or gives one that exists other values.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="layout">Its type and shape.</param>
    /// <param name="values">Computes it; called once for each file that is written.</param>
    internal void Set(string name, TensorData layout, Func<TensorData> values)
    {
        Drop(name);
        TensorProto initializer = new() { Name = name, DataType = (int)layout.ElementType };
        initializer.Dims.Add(layout.Shape);
        Proto.Graph.Initializer.Add(initializer);
        _made[name] = (layout, values);
    }

    /// <summary>Adds a scalar.</summary>
    internal void Set(string name, TensorData value) => Set(name, TensorData.WithoutBytes(value.ElementType, [.. value.Shape]), () => value);

    /// <summary>Takes initializers out that no node reads and no output is.</summary>
    internal void DropUnread()
    {
        HashSet<string> read =
        [
            .. Proto.Graph.Node.SelectMany(node => node.Input),
            .. Proto.Graph.Node.SelectMany(InnerReads),
            .. Proto.Graph.Output.Select(output => output.Name),
        ];
        foreach (string name in Proto.Graph.Initializer.Select(initializer => initializer.Name).Where(name => !read.Contains(name)).ToList())
        {
            Drop(name);
            _made.Remove(name);
        }
    }

    /// <summary>Writes the model, with a data file beside it where the options or its size ask for one.</summary>
    /// <exception cref="OptionException">A file exists without <see cref="OnnxWriteOptions.Force"/>, or the model is too large for one file.</exception>
    public void Save(string path, OnnxWriteOptions? options = null)
    {
        options ??= new OnnxWriteOptions();
        Dictionary<string, TensorData> layout = Proto.Graph.Initializer
            .Where(initializer => _made.ContainsKey(initializer.Name) || _source.Tensors.ContainsKey(initializer.Name))
            .ToDictionary(
                initializer => initializer.Name,
                initializer => _made.TryGetValue(initializer.Name, out (TensorData Layout, Func<TensorData> Values) made)
                    ? made.Layout
                    : _source.Tensors[initializer.Name],
                StringComparer.Ordinal);
        using OnnxModel model = new(Proto, layout);
        OnnxFilePlan plan = model.Plan(path, options);
        using OnnxFileOutput output = plan.Create(options.Force);
        foreach ((string name, PlannedRange range) in plan.Tensors)
        {
            output.Write(range, _made.TryGetValue(name, out (TensorData Layout, Func<TensorData> Values) made) ? made.Values() : layout[name]);
        }

        output.Commit();
    }

    private void Drop(string name)
    {
        for (int i = Proto.Graph.Initializer.Count - 1; i >= 0; i--)
        {
            if (Proto.Graph.Initializer[i].Name == name)
            {
                Proto.Graph.Initializer.RemoveAt(i);
            }
        }

        // Older files name initializers among the inputs as well.
        for (int i = Proto.Graph.Input.Count - 1; i >= 0; i--)
        {
            if (Proto.Graph.Input[i].Name == name)
            {
                Proto.Graph.Input.RemoveAt(i);
            }
        }
    }

    private static IEnumerable<string> InnerReads(NodeProto node) => node.Attribute
        .SelectMany(attribute => attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G))
        .SelectMany(graph => graph.Node.SelectMany(inner => inner.Input.Concat(InnerReads(inner))).Concat(graph.Output.Select(output => output.Name)));
}
