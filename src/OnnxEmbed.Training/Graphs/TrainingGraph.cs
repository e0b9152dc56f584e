using OnnxEmbed.Autodiff;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Objectives;

namespace OnnxEmbed.Training.Graphs;

/// <summary>
/// A model's inference graph turned into what training runs: forward and loss (<see cref="Evaluation"/>), the same with gradients
/// (<see cref="Training"/>), all in standard operators. Names and order follow ONNX Runtime's on-device training artifacts: inputs are the
/// batch, then <c>labels</c>, then every weight under its own name; outputs are <c>loss</c>, then <c>NAME_grad</c> of each trainable
/// weight in input order. Frozen weights are inputs too, so that one copy in memory serves all sessions.
/// </summary>
public sealed class TrainingGraph
{
    /// <summary>Input of targets: int64 [B, S] for tokens, int64 [B] for classes.</summary>
    public const string LabelsName = "labels";

    /// <summary>Output 0 of the training and evaluation graph: the loss, f32 [].</summary>
    public const string LossName = "loss";

    private const string HiddenName = "last_hidden_state";
    private const string EmbeddingName = "sentence_embedding";

    private TrainingGraph(
        byte[] evaluation,
        byte[] training,
        IReadOnlyList<string> batchInputs,
        IReadOnlyList<TrainingParameter> parameters,
        LossKind kind,
        int columns)
    {
        Evaluation = evaluation;
        Training = training;
        BatchInputs = batchInputs;
        Parameters = parameters;
        Kind = kind;
        Columns = columns;
    }

    /// <summary>The forward graph with the loss, as bytes of an ONNX file.</summary>
    public byte[] Evaluation { get; }

    /// <summary>The graph with the loss and all gradients, as bytes of an ONNX file.</summary>
    public byte[] Training { get; }

    /// <summary>Names of the inputs that each batch gives.</summary>
    public IReadOnlyList<string> BatchInputs { get; }

    /// <summary>All weights, in input order.</summary>
    public IReadOnlyList<TrainingParameter> Parameters { get; }

    /// <summary>What the loss reads, which decides the shape of the labels.</summary>
    public LossKind Kind { get; }

    /// <summary>Texts in a tuple, 1 where a batch holds single texts.</summary>
    public int Columns { get; }

    /// <summary>The weights that training changes, in input order.</summary>
    public IEnumerable<TrainingParameter> Trainable => Parameters.Where(parameter => parameter.IsTrainable);

    /// <summary>The graph of one optimizer step over the trainable weights, as bytes of an ONNX file.</summary>
    public byte[] Optimizer(AdamWOptions options) => OptimizerGraph.Build([.. Trainable], options).ToBytes();

    /// <summary>Builds the graphs.</summary>
    /// <param name="model">Inference graph with outputs <c>last_hidden_state</c> and <c>sentence_embedding</c>.</param>
    /// <param name="tensors">Values of its initializers.</param>
    /// <param name="source">Where the model comes from, for messages.</param>
    /// <param name="options">Loss and adapter.</param>
    /// <exception cref="DataException">The model lacks an output, or has weights that are not f32 or not finite.</exception>
    /// <exception cref="OptionException">An adapter target matches no module.</exception>
    /// <exception cref="GraphException">The graph has an operator without a gradient.</exception>
    public static TrainingGraph Build(
        ModelProto model, IReadOnlyDictionary<string, TensorData> tensors, string source, TrainingGraphOptions options)
    {
        Dictionary<string, TensorData>? factors = null;
        IReadOnlyList<LinearModule> modules = [];
        if (options.Lora is { } lora)
        {
            modules = LinearModules.Select(LinearModules.Find(model, tensors), lora.Targets, source);
            (model, tensors, factors) = LoraInjection.Apply(model, tensors, modules, lora, options.Seed);
            string[] foreign = [.. (options.InitialFactors?.Keys ?? []).Where(name => !factors.ContainsKey(name))];
            if (foreign.Length > 0)
            {
                string extra = string.Join(", ", foreign.Take(5));
                throw new DataException($"{source}: the adapter to start from needs the modules that --lora names, it also has {extra}");
            }
        }

        GraphBuilder g = GraphBuilder.From(model, tensors);
        g.ClearOutputs();
        List<string> batchInputs = [.. g.Inputs.Select(input => input.Name)];
        g.Scope = "loss/";
        int columns = options.Loss.Kind == LossKind.Tuples ? options.Columns : 1;
        Value loss = options.Loss.Build(g, Inputs(g, source, options, columns));
        if (options.Loss.Kind != LossKind.Tuples)
        {
            batchInputs.Add(LabelsName);
        }

        g.Scope = string.Empty;
        g.Output(loss, LossName);
        (HashSet<string> needed, HashSet<string> multiplied) = Reach(g, loss);
        TrainingParameter[] parameters = [.. Expose(g, needed, multiplied, source, factors, options.InitialFactors)];
        byte[] evaluation = g.ToBytes();

        Value[] trainable = [.. parameters.Where(parameter => parameter.IsTrainable).Select(parameter => g[parameter.Name])];
        if (trainable.Length == 0)
        {
            throw new DataException($"{source}: needs weights that the loss depends on, has none");
        }

        IReadOnlyDictionary<string, Value> gradients = options.Lora is { } adapter
            ? LoraInjection.Differentiate(g, loss, [.. modules.Where(module => needed.Contains(module.Output))], adapter.Scale)
            : ReverseMode.Differentiate(g, loss, trainable);
        foreach (Value parameter in trainable)
        {
            g.Output(gradients[parameter.Name], $"{parameter.Name}_grad");
        }

        return new TrainingGraph(evaluation, g.ToBytes(), batchInputs, parameters, options.Loss.Kind, columns);
    }

    private static LossInputs Inputs(GraphBuilder g, string source, TrainingGraphOptions options, int columns)
    {
        double temperature = options.Temperature ?? options.Loss.DefaultTemperature;
        if (options.Loss.Kind == LossKind.Tokens)
        {
            Func<GraphBuilder, Value, Value> head = options.Head
                ?? throw new ArgumentException("a loss over tokens needs a head", nameof(options));
            Value hidden = Find(g, HiddenName, source);
            Value targets = g.Input(LabelsName, ElementType.Int64, hidden.Shape[0], hidden.Shape[1]);
            return new LossInputs(head(g, g.Reshape(hidden, -1, hidden.Shape.At(-1).Value)), g.Reshape(targets, -1), columns, temperature);
        }

        Value embedding = Find(g, EmbeddingName, source);
        Value? labels = options.Loss.Kind == LossKind.Labels ? g.Input(LabelsName, ElementType.Int64, embedding.Shape[0]) : null;
        return new LossInputs(embedding, labels, columns, temperature);
    }

    private static Value Find(GraphBuilder g, string name, string source) =>
        g.Contains(name) ? g[name] : throw new DataException($"{source}: needs an output {name}, which the graph does not have");

    /// <summary>Names of the values that the loss depends on, and of those of them that a product takes.</summary>
    private static (HashSet<string> Needed, HashSet<string> Multiplied) Reach(GraphBuilder g, Value loss)
    {
        HashSet<string> needed = [loss.Name];
        HashSet<string> multiplied = [];
        foreach (GraphNode node in g.Nodes.Reverse().Where(node => node.Proto.Output.Any(needed.Contains)))
        {
            needed.UnionWith(node.Proto.Input);
            if (node.OpType is "MatMul" or "Gemm")
            {
                multiplied.UnionWith(node.Proto.Input);
            }
        }

        return (needed, multiplied);
    }

    /// <summary>Turns the weights that the loss depends on into inputs.</summary>
    private static IEnumerable<TrainingParameter> Expose(
        GraphBuilder g,
        HashSet<string> needed,
        HashSet<string> multiplied,
        string source,
        IReadOnlyDictionary<string, TensorData>? factors,
        IReadOnlyDictionary<string, TensorData>? initialFactors)
    {
        string[] names = [.. g.Tensors.Keys.Where(name => needed.Contains(name) && IsWeight(name, g.Tensors[name], multiplied))];
        string[] wrong = [.. names.Where(name => g.Tensors[name].ElementType != ElementType.Float32)
            .Select(name => $"{name} {g.Tensors[name]}")];
        if (wrong.Length > 0)
        {
            throw new DataException($"{source}: training needs weights of type f32, got {string.Join(", ", wrong.Take(5))}");
        }

        string[] broken = [.. names.Where(name => Reductions.CountNonFinite(g.Tensors[name].ToSingles()) > 0)];
        if (broken.Length > 0)
        {
            throw new DataException($"{source}: training needs finite weights, got NaN or infinity in {string.Join(", ", broken.Take(5))}");
        }

        foreach (string name in names)
        {
            TensorData data = g.Expose(name);
            bool isFactor = factors?.ContainsKey(name) == true;
            yield return new TrainingParameter(
                name, isFactor ? Start(data, name, source, initialFactors) : data, factors is null || isFactor);
        }
    }

    /// <summary>
    /// A weight by its name, or, where an exporter renamed it, by its place as a factor of a product; not a table of constants.
    /// </summary>
    private static bool IsWeight(string name, TensorData data, HashSet<string> multiplied) =>
        data.ElementType.IsFloat() && data.Shape.Count > 0
        && (name.EndsWith(".weight", StringComparison.Ordinal) || name.EndsWith(".bias", StringComparison.Ordinal)
            || multiplied.Contains(name));

    private static TensorData Start(TensorData fresh, string name, string source, IReadOnlyDictionary<string, TensorData>? initialFactors)
    {
        if (initialFactors is null)
        {
            return fresh;
        }

        TensorData given = initialFactors.TryGetValue(name, out TensorData? data)
            ? data
            : throw new DataException($"{source}: the adapter to start from needs {name} {fresh}, which it does not have");
        return given.Shape.SequenceEqual(fresh.Shape)
            ? TensorData.From<float>(given.ToSingles(), [.. fresh.Shape])
            : throw new DataException($"{source}: the adapter to start from needs {name} {fresh}, got {given}");
    }
}
