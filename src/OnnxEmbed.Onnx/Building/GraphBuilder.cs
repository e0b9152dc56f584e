using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Building;

/// <summary>
/// Builds or extends an ONNX graph node by node. Every node's output shapes are inferred when it is added, so a mistake is reported where
/// it is made and gradient rules can ask for shapes. Not thread-safe.
/// </summary>
public sealed partial class GraphBuilder
{
    /// <summary>Opset of graphs built here: the widest window that holds LayerNormalization and reads everywhere.</summary>
    public const int DefaultOpset = 17;

    /// <summary>IR version of graphs built here.</summary>
    public const int IrVersion = 8;

    private readonly Dictionary<string, Value> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorData> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Value> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Value> _shapes = new(StringComparer.Ordinal);
    private readonly List<Value> _inputs = [];
    private readonly List<Value> _outputs = [];
    private readonly List<GraphNode> _nodes = [];
    private readonly List<TensorProto> _odd = [];
    private int _counter;
    private int _unknowns;

    /// <summary>An empty graph.</summary>
    /// <param name="name">Name of the graph in the file.</param>
    /// <param name="opset">Version of the standard operators, [11, 23].</param>
    public GraphBuilder(string name = "onnxembed", int opset = DefaultOpset)
    {
        Name = name;
        Opset = opset;
    }

    /// <summary>Name of the graph in the file.</summary>
    public string Name { get; }

    /// <summary>Version of the standard operators.</summary>
    public int Opset { get; }

    /// <summary>Put before the names of nodes and values that are made from now on, such as <c>backward/</c>.</summary>
    public string Scope { get; set; } = string.Empty;

    /// <summary>Inputs in order.</summary>
    public IReadOnlyList<Value> Inputs => _inputs;

    /// <summary>Outputs in order.</summary>
    public IReadOnlyList<Value> Outputs => _outputs;

    /// <summary>Nodes in an order in which they can run.</summary>
    public IReadOnlyList<GraphNode> Nodes => _nodes;

    /// <summary>Values of the initializers by name.</summary>
    public IReadOnlyDictionary<string, TensorData> Tensors => _tensors;

    /// <summary>A value by name.</summary>
    /// <exception cref="GraphException">There is none of that name.</exception>
    public Value this[string name] => _values.TryGetValue(name, out Value? value) ? value : throw new GraphException($"graph {Name}: has no value named {name}");

    /// <summary>Whether the graph has a value of that name.</summary>
    public bool Contains(string name) => _values.ContainsKey(name);

    /// <summary>Adds a graph input.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Type of its elements.</param>
    /// <param name="shape">Extents; a text is a symbol.</param>
    public Value Input(string name, ElementType type, params IEnumerable<Dim> shape)
    {
        Value value = Register(new Value(name, type, new SymbolicShape(shape)));
        _inputs.Add(value);
        return value;
    }

    /// <summary>Adds an initializer.</summary>
    public Value Initializer(string name, TensorData data)
    {
        _tensors.Add(name, data);
        return Register(new Value(name, data.ElementType, SymbolicShape.Of(data.Shape), SmallIntegers(data)));
    }

    /// <summary>Turns an initializer into a graph input of the same name and shape, as trainable and frozen weights of a training graph are.</summary>
    /// <returns>The data that the initializer held.</returns>
    public TensorData Expose(string initializer)
    {
        if (!_tensors.Remove(initializer, out TensorData? data))
        {
            throw new GraphException($"graph {Name}: has no initializer named {initializer}");
        }

        _inputs.Add(_values[initializer]);
        return data;
    }

    /// <summary>A floating-point scalar of the given type; equal ones are shared.</summary>
    public Value Scalar(double number, ElementType type = ElementType.Float32) => type switch
    {
        ElementType.Float32 => Shared($"f32:{BitConverter.SingleToInt32Bits((float)number):x8}", () => TensorData.From<float>([(float)number])),
        ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16 =>
            Shared($"{type.ShortName()}:{BitConverter.DoubleToInt64Bits(number):x16}", () => TensorData.FromDoubles([number], type)),
        _ => throw new GraphException($"graph {Name}: a floating-point scalar needs type f32, f64, f16 or bf16, got {type.ShortName()}"),
    };

    /// <summary>An int64 scalar; equal ones are shared.</summary>
    public Value Int64(long number) => Shared($"i64:{number}", () => TensorData.From<long>([number]));

    /// <summary>An int64 vector; equal ones are shared.</summary>
    public Value Int64s(params long[] numbers) => Shared($"i64[]:{string.Join(',', numbers)}", () => TensorData.From<long>(numbers, numbers.Length));

    /// <summary>Adds a node with one output.</summary>
    public Value Node(string opType, IEnumerable<Value?> inputs, params (string Name, object Value)[] attributes) => NodeWithOutputs(opType, inputs, 1, attributes)[0];

    /// <summary>Adds a node with several outputs.</summary>
    public Value[] NodeWithOutputs(string opType, IEnumerable<Value?> inputs, int outputCount, params (string Name, object Value)[] attributes)
    {
        string name = Fresh(opType);
        NodeProto node = new() { OpType = opType, Name = name };
        Value?[] operands = [.. inputs];
        node.Input.AddRange(operands.Select(input => input?.Name ?? string.Empty));
        for (int i = 0; i < outputCount; i++)
        {
            node.Output.Add(outputCount == 1 ? $"{name}:out" : $"{name}:out{i}");
        }

        node.Attribute.AddRange(attributes.Select(attribute => Attributes.Create(attribute.Name, attribute.Value)));
        return [.. Append(node, operands).Select(output => output!)];
    }

    /// <summary>Makes a value an output of the graph, under its own or another name.</summary>
    public Value Output(Value value, string? name = null)
    {
        if (name is not null && name != value.Name)
        {
            bool renames = _tensors.ContainsKey(value.Name) || _inputs.Contains(value) || _outputs.Contains(value);
            value = renames ? RenamedCopy(value, name) : Rename(value, name);
        }

        _outputs.Add(value);
        return value;
    }

    /// <summary>Takes all outputs back; the values stay.</summary>
    public void ClearOutputs() => _outputs.Clear();

    /// <summary>Appends a node that already has names, as when a graph is read from a file.</summary>
    internal IReadOnlyList<Value?> Append(NodeProto node, IReadOnlyList<Value?> operands)
    {
        Inferred[] inferred = ShapeInference.Infer(node, operands, Opset, () => Dim.Symbol($"?{_unknowns++}"));
        return Append(node, operands, i => new Value(node.Output[i], inferred[i].Type, inferred[i].Shape, inferred[i].Contents));
    }

    /// <summary>
    /// Appends a node of a file that may hold operators that shapes do not pass through: their outputs have the types and shapes that the
    /// file declares, or none.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="operands">Its operands.</param>
    /// <param name="declared">What the file says of a value by its name.</param>
    internal IReadOnlyList<Value?> AppendForeign(
        NodeProto node, IReadOnlyList<Value?> operands, Func<string, (ElementType Type, SymbolicShape? Shape)> declared)
    {
        Inferred[] inferred = [];
        try
        {
            inferred = ShapeInference.Infer(node, operands, Opset, () => Dim.Symbol($"?{_unknowns++}"));
        }
        catch (GraphException)
        {
            // A file's operator that is not in the table, or not used as the table expects; ONNX Runtime has the last word on it.
        }

        return Append(node, operands, i =>
        {
            if (i < inferred.Length)
            {
                return new Value(node.Output[i], inferred[i].Type, inferred[i].Shape, inferred[i].Contents);
            }

            (ElementType type, SymbolicShape? shape) = declared(node.Output[i]);
            return new Value(node.Output[i], type, shape);
        });
    }

    private Value?[] Append(NodeProto node, IReadOnlyList<Value?> operands, Func<int, Value> output)
    {
        Value?[] outputs = new Value?[node.Output.Count];
        for (int i = 0; i < outputs.Length; i++)
        {
            if (node.Output[i].Length > 0)
            {
                outputs[i] = Register(output(i));
            }
        }

        _nodes.Add(new GraphNode(node, operands, outputs));
        return outputs;
    }

    /// <summary>The elements of a small integer tensor, which shape inference follows; null for any other tensor.</summary>
    internal static IReadOnlyList<Dim>? SmallIntegers(TensorData data) => data is { Shape.Count: <= 1, ElementCount: <= 64 }
        ? data.ElementType switch
        {
            ElementType.Int64 => [.. data.ToArray<long>().Select(number => (Dim)number)],
            ElementType.Int32 => [.. data.ToArray<int>().Select(number => (Dim)number)],
            _ => null,
        }
        : null;

    internal static IReadOnlyList<Dim>? SmallIntegers(TensorProto tensor)
    {
        if (tensor.Dims.Count > 1 || tensor.DataType != (int)ElementType.Int64)
        {
            return null;
        }

        long[] numbers = tensor.HasRawData ? MemoryMarshal.Cast<byte, long>(tensor.RawData.Span).ToArray() : [.. tensor.Int64Data];
        return numbers.Length <= 64 ? [.. numbers.Select(number => (Dim)number)] : null;
    }

    private string Fresh(string stem)
    {
        string name;
        do
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{Scope}{stem}_{_counter++}");
        }
        while (_values.ContainsKey(name) || _values.ContainsKey($"{name}:out") || _values.ContainsKey($"{name}:out0"));
        return name;
    }

    private Value Register(Value value)
    {
        if (!_values.TryAdd(value.Name, value))
        {
            throw new GraphException($"graph {Name}: needs distinct names, got a second value named {value.Name}");
        }

        return value;
    }

    private Value Shared(string key, Func<TensorData> make)
    {
        if (!_constants.TryGetValue(key, out Value? value))
        {
            string scope = Scope;
            Scope = string.Empty;
            value = Initializer(Fresh("constant"), make());
            Scope = scope;
            _constants.Add(key, value);
        }

        return value;
    }

    private Value RenamedCopy(Value value, string name)
    {
        NodeProto node = new() { OpType = "Identity", Name = Fresh("Identity") };
        node.Input.Add(value.Name);
        node.Output.Add(name);
        return Append(node, [value])[0]!;
    }

    private Value Rename(Value value, string name, int since = 0)
    {
        if (_values.ContainsKey(name))
        {
            throw new GraphException($"graph {Name}: needs distinct names, got a second value named {name}");
        }

        string old = value.Name;
        foreach (GraphNode node in _nodes.Skip(since))
        {
            Replace(node.Proto.Input, old, name);
            Replace(node.Proto.Output, old, name);
        }

        _values.Remove(old);
        _shapes.Remove(old);
        value.Name = name;
        _values.Add(name, value);
        return value;
    }

    /// <summary>
    /// Gives a node's output the name that another node's output had, so that what reads it by name, subgraphs included, still does.
    /// </summary>
    /// <param name="value">The value.</param>
    /// <param name="name">The name it takes; free.</param>
    /// <param name="since">Number of nodes that were there before the value was made.</param>
    internal Value Adopt(Value value, string name, int since)
    {
        bool made = _nodes.Skip(since).Any(node => node.Outputs.Contains(value));
        return made && !_outputs.Contains(value) ? Rename(value, name, since) : RenamedCopy(value, name);
    }

    private static void Replace(Google.Protobuf.Collections.RepeatedField<string> names, string old, string name)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (names[i] == old)
            {
                names[i] = name;
            }
        }
    }
}
