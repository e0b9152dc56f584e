using Google.Protobuf;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using Input = OnnxEmbed.Models.Architectures.EncoderInputs;

namespace OnnxEmbed.Models.Importing.Exports;

/// <summary>
/// Tells the inputs of an exported graph by their names, or by their order where they have none, and puts those of the package contract in
/// their place: int64 [batch_size, sequence_length]. Positions are computed from the mask, caches of earlier tokens are empty.
/// </summary>
internal sealed class ExportInputs
{
    private const string Positions = "position_ids";

    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        [Input.InputIdsName] = Input.InputIdsName,
        ["ids"] = Input.InputIdsName,
        ["tokens"] = Input.InputIdsName,
        ["input"] = Input.InputIdsName,
        ["token_ids"] = Input.InputIdsName,
        ["input_tokens"] = Input.InputIdsName,
        [Input.AttentionMaskName] = Input.AttentionMaskName,
        ["mask"] = Input.AttentionMaskName,
        ["input_mask"] = Input.AttentionMaskName,
        ["attention_masks"] = Input.AttentionMaskName,
        ["masks"] = Input.AttentionMaskName,
        [Input.TokenTypeIdsName] = Input.TokenTypeIdsName,
        ["segment_ids"] = Input.TokenTypeIdsName,
        ["token_types"] = Input.TokenTypeIdsName,
        [Positions] = Positions,
        ["positions"] = Positions,
    };

    // Their positions count from the id of the padding token on (transformers, create_position_ids_from_input_ids).
    private static readonly string[] PositionsAfterPadding = ["roberta", "xlm-roberta", "camembert", "mpnet", "xlm-roberta-xl"];

    private readonly List<(string Name, string Meaning, ElementType Type)> _found = [];

    // Before the names of what is added; a package that is imported once more has such names already.
    private readonly string _scope;

    /// <param name="graph">The graph of the file.</param>
    /// <param name="config">The architecture, for the places that positions count from.</param>
    /// <exception cref="GraphException">Inputs are not those of a text model; all such inputs are listed.</exception>
    public ExportInputs(GraphProto graph, ModelConfig config)
    {
        HashSet<string> constants = new(graph.Initializer.Select(initializer => initializer.Name), StringComparer.Ordinal);
        ValueInfoProto[] inputs = [.. graph.Input.Where(input => !constants.Contains(input.Name))];
        ValueInfoProto[] texts = [.. inputs.Where(input => !IsCache(input.Name))];
        Caches = new HashSet<string>(inputs.Select(input => input.Name).Where(IsCache), StringComparer.Ordinal);

        // A trace without names numbers its inputs; then they come in the order of the model's arguments.
        bool named = texts.Any(input => Aliases.ContainsKey(input.Name));
        string[] order = [Input.InputIdsName, Input.AttentionMaskName, Input.TokenTypeIdsName];
        List<string> faults = [];
        for (int i = 0; i < texts.Length; i++)
        {
            string? meaning = named ? Aliases.GetValueOrDefault(texts[i].Name) : order.ElementAtOrDefault(i);
            ElementType type = (ElementType)(texts[i].Type?.TensorType?.ElemType ?? 0);
            IList<TensorShapeProto.Types.Dimension>? dims = texts[i].Type?.TensorType?.Shape?.Dim;
            if (meaning is null || _found.Any(other => other.Meaning == meaning))
            {
                faults.Add($"{texts[i].Name} (known are {string.Join(", ", order)}, {Positions}, past_key_values.*)");
            }
            else if (type is not (ElementType.Int64 or ElementType.Int32) || dims is not { Count: 2 })
            {
                faults.Add($"{texts[i].Name} {type.ShortName()} of rank {dims?.Count.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "unknown"} (i64 or i32 [batch, sequence])");
            }
            else if (dims.Any(dim => dim.DimValue > 0))
            {
                faults.Add($"{texts[i].Name} [{string.Join(", ", dims.Select(dim => dim.HasDimParam ? dim.DimParam : dim.DimValue.ToString(System.Globalization.CultureInfo.InvariantCulture)))}] (both axes open; export with dynamic axes)");
            }
            else
            {
                _found.Add((texts[i].Name, meaning, type));
            }
        }

        if (faults.Count == 0 && !_found.Exists(input => input.Meaning == Input.InputIdsName))
        {
            faults.Add($"none that is {Input.InputIdsName}");
        }

        if (faults.Count > 0)
        {
            throw new GraphException($"needs inputs of a text model, got {string.Join("; ", faults)}");
        }

        _scope = Enumerable.Range(1, int.MaxValue - 1)
            .Select(i => i == 1 ? "onnxembed" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"onnxembed{i}"))
            .First(scope => !graph.Node.Any(node => node.Output.Any(name => name.StartsWith(scope + "/", StringComparison.Ordinal))));
        FirstPosition = PositionsAfterPadding.Contains(config.ModelType) ? (config.PadTokenId ?? 1) + 1 : 0;
    }

    /// <summary>Inputs that hold earlier tokens and become empty.</summary>
    public IReadOnlySet<string> Caches { get; }

    /// <summary>Position of the first token of a text.</summary>
    public int FirstPosition { get; }

    /// <summary>Inputs of the file with their meaning and type.</summary>
    public IReadOnlyList<(string Name, string Meaning, ElementType Type)> Found => _found;

    public bool TakesTokenTypes => _found.Exists(input => input.Meaning == Input.TokenTypeIdsName);

    /// <summary>For a report: what each input was taken for.</summary>
    public IEnumerable<string> Described => _found.Select(input => input.Name == input.Meaning
            ? (input.Meaning == Positions ? $"{Positions}, computed from the mask" : input.Name)
            : $"{input.Name} = {input.Meaning}")
        .Concat(Caches.Count > 0 ? [$"{Caches.Count} caches, empty"] : []);

    /// <summary>The name that a value of the file has in the rewritten model.</summary>
    public string InGraph(string name) =>
        name is EncoderGraph.HiddenStateName or EncoderGraph.SentenceEmbeddingName ? $"{_scope}/{name}" : name;

    /// <summary>The model with the inputs of the package contract.</summary>
    public ModelProto Rewritten(ModelProto source)
    {
        ModelProto model = source.Clone();
        GraphProto graph = model.Graph;
        Dictionary<string, string> axes = AxisNames(graph);
        List<ValueInfoProto> others = [.. graph.Input.Where(input => !_found.Exists(found => found.Name == input.Name))];
        graph.Input.Clear();
        List<NodeProto> prologue = [];
        foreach (string name in (string[])[Input.InputIdsName, Input.AttentionMaskName, .. TakesTokenTypes ? [Input.TokenTypeIdsName] : Array.Empty<string>()])
        {
            graph.Input.Add(Declared(name));
        }

        graph.Input.AddRange(others);
        foreach ((string name, string meaning, ElementType type) in _found)
        {
            string standIn = meaning;
            if (type != ElementType.Int64 || meaning == Positions)
            {
                standIn = $"{_scope}/{name}";
                string value = meaning == Positions ? AddPositions(prologue) : meaning;
                prologue.Add(Node("Cast", $"{standIn}/type", [value], standIn, ("to", type)));
            }

            Rename(graph, name, standIn);
        }

        foreach (ValueInfoProto info in graph.ValueInfo.Concat(graph.Output))
        {
            foreach (TensorShapeProto.Types.Dimension dim in info.Type?.TensorType?.Shape?.Dim ?? Enumerable.Empty<TensorShapeProto.Types.Dimension>())
            {
                if (dim.HasDimParam && axes.TryGetValue(dim.DimParam, out string? axis))
                {
                    dim.DimParam = axis;
                }
            }
        }

        // The names that the outputs of the package will have become free.
        foreach (string name in (string[])[EncoderGraph.HiddenStateName, EncoderGraph.SentenceEmbeddingName])
        {
            Rename(graph, name, InGraph(name));
        }

        NodeProto[] nodes = [.. prologue, .. graph.Node];
        graph.Node.Clear();
        graph.Node.AddRange(nodes);
        return model;
    }

    private static bool IsCache(string name) => name.StartsWith("past_key_values", StringComparison.Ordinal) || name.StartsWith("past.", StringComparison.Ordinal)
        || name.StartsWith("past_", StringComparison.Ordinal);

    // Places within a text: the number of tokens up to here, from FirstPosition on; padding has the place before it, or 0.
    private string AddPositions(List<NodeProto> nodes)
    {
        string scope = $"{_scope}/positions";
        nodes.Add(Constant($"{scope}/axis", 1));
        nodes.Add(Constant($"{scope}/shift", FirstPosition - 1));
        nodes.Add(Node("CumSum", $"{scope}/count", [Input.AttentionMaskName, $"{scope}/axis"], $"{scope}/count"));
        nodes.Add(Node("Add", $"{scope}/shifted", [$"{scope}/count", $"{scope}/shift"], $"{scope}/shifted"));
        nodes.Add(Node("Mul", scope, [$"{scope}/shifted", Input.AttentionMaskName], scope));
        return scope;
    }

    private static Dictionary<string, string> AxisNames(GraphProto graph)
    {
        Dictionary<string, string> axes = new(StringComparer.Ordinal);
        foreach (ValueInfoProto input in graph.Input.Where(input => !IsCache(input.Name)))
        {
            IList<TensorShapeProto.Types.Dimension>? dims = input.Type?.TensorType?.Shape?.Dim;
            for (int i = 0; dims is { Count: 2 } && i < 2; i++)
            {
                if (dims[i].DimParam.Length > 0)
                {
                    axes.TryAdd(dims[i].DimParam, i == 0 ? Input.BatchAxis : Input.SequenceAxis);
                }
            }
        }

        return axes;
    }

    private static ValueInfoProto Declared(string name)
    {
        TypeProto.Types.Tensor type = new() { ElemType = (int)ElementType.Int64, Shape = new TensorShapeProto() };
        type.Shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = Input.BatchAxis });
        type.Shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = Input.SequenceAxis });
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = type } };
    }

    private static NodeProto Constant(string name, long number)
    {
        TensorProto value = new() { DataType = (int)ElementType.Int64, RawData = ByteString.CopyFrom(BitConverter.GetBytes(number)) };
        return Node("Constant", name, [], name, ("value", value));
    }

    private static NodeProto Node(string op, string name, string[] inputs, string output, params (string Name, object Value)[] attributes)
    {
        NodeProto node = new() { OpType = op, Name = name };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        node.Attribute.AddRange(attributes.Select(attribute => Attributes.Create(attribute.Name, attribute.Value)));
        return node;
    }

    private static void Replace(IList<string> names, string old, string name)
    {
        for (int i = 0; i < names.Count; i++)
        {
            names[i] = names[i] == old ? name : names[i];
        }
    }

    private static void Rename(GraphProto graph, string old, string name)
    {
        foreach (ValueInfoProto info in graph.Output.Concat(graph.ValueInfo).Where(info => info.Name == old))
        {
            info.Name = name;
        }

        foreach (NodeProto node in graph.Node)
        {
            Replace(node.Input, old, name);
            Replace(node.Output, old, name);
            foreach (AttributeProto attribute in node.Attribute)
            {
                foreach (GraphProto inner in attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G))
                {
                    Rename(inner, old, name);
                }
            }
        }
    }
}
