using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// One tensor in all models of a merge, as a rule sees it: what is known of it already, passes over its elements for what else a rule
/// needs,
/// and the ways to answer. Passes run on several threads, in a few blocks of memory, and give the same result on any number of threads.
/// </summary>
internal sealed class MergeTensor(
    string name,
    IReadOnlyList<long> shape,
    bool inputsFirst,
    IReadOnlyList<WeightSource> sources,
    bool hasBase,
    BlockEngine.Measurement measurement,
    bool allEqual,
    BlockEngine engine)
{
    private readonly int _firstModel = hasBase ? 1 : 0;
    private GramSums? _gram;
    private GramSums? _taskGram;

    /// <summary>Name of the initializer.</summary>
    public string Name => name;

    public IReadOnlyList<long> Shape => shape;

    public long ElementCount => sources[0].Stored.ElementCount;

    /// <summary>Number of models, the base not counted.</summary>
    public int ModelCount => sources.Count - _firstModel;

    /// <summary>Whether there is a base beside the models.</summary>
    public bool HasBase => hasBase;

    /// <summary>Whether all models, and the base, hold the same bytes.</summary>
    public bool AllEqual => allEqual;

    /// <summary>
    /// Sums over the first source (the base where there is one) and each later one; the first with itself where it is alone. Measured in
    /// the first
    /// pass over the tensor, or when first asked for.
    /// </summary>
    public IReadOnlyList<PairSums> Pairs => engine.Finish(measurement);

    /// <summary>
    /// The rows of a weight as PyTorch has it: [out, in], a row for each output, whichever way the file stores it. Tensors of more axes
    /// have a
    /// row for each vector along the last axis; those of fewer are one row.
    /// </summary>
    public RowLayout Rows
    {
        get
        {
            int length = shape.Count == 0 ? 1 : checked((int)shape[^1]);
            RowLayout stored = new(length == 0 ? 0 : ElementCount / length, length, false);
            return inputsFirst && shape.Count == 2 ? stored.Turned : stored;
        }
    }

    /// <summary>
    /// <see cref="Rows"/> of a matrix; of tensors of more axes what belongs to one index of the first axis, as of a convolution's filter.
    /// </summary>
    public RowLayout Filters => shape.Count <= 2 || ElementCount == 0 ? Rows
        : new RowLayout(shape[0], checked((int)(ElementCount / shape[0])), false);

    /// <summary>Norms and angles between each two models, the base not counted. Measured when first asked for.</summary>
    public GramSums Gram => _gram ??= ModelCount <= 2 && !hasBase ? new GramSums(ModelCount, Pairs)
        : Measure((block, model) => block.Model(model));

    /// <summary>Norms and angles between each two task vectors, model minus base. Measured when first asked for.</summary>
    public GramSums TaskGram => _taskGram ??= Measure((block, model) => block.Task(model));

    /// <summary>
    /// Measures each block and adds what was measured in the order of the blocks: for sums in floating-point. What is measured should be
    /// small,
    /// since some of it is held until its turn comes.
    /// </summary>
    public T Fold<T>(Func<TensorBlock, T> measure, Func<T, T, T> add, RowLayout? rows = null) =>
        engine.Fold(sources, hasBase, rows, measure, add, measurement);

    /// <summary>
    /// Counts into one object for each thread: for what is exact in any order, such as histograms, of which one for each block would be
    /// large.
    /// </summary>
    public T Tally<T>(Func<T> make, Action<TensorBlock, T> count, Action<T, T> addSecondToFirst, RowLayout? rows = null) =>
        engine.Tally(sources, hasBase, rows, make, count, addSecondToFirst, measurement);

    /// <summary>Goes to each block of elements, of which it need not read more than a few.</summary>
    public void Visit(Action<TensorBlock> visit) => engine.Visit(sources, hasBase, visit);

    /// <summary>Does for each index what does not depend on the others.</summary>
    public void InParallel(int count, Action<int> action) => engine.InParallel(count, action);

    /// <summary>The base's bytes as they are.</summary>
    public TensorBlend CopyBase(string action) => TensorBlend.Copy(0, sources.Count, action);

    /// <summary>A model's bytes as they are.</summary>
    public TensorBlend CopyModel(int model, string action) => TensorBlend.Copy(model + _firstModel, sources.Count, action);

    /// <summary>Σ factor · model.</summary>
    public TensorBlend Sum(IReadOnlyList<double> factors, string action, string? warning = null) =>
        new(hasBase ? [0, .. factors] : [.. factors], null, action, warning);

    /// <summary>
    /// base + Σ factor · (model - base), written as a sum over base and models. In double that differs by less than 1e-15 of the weights
    /// from
    /// the sum over differences, far below the rounding of a float.
    /// </summary>
    public TensorBlend AddTasks(IReadOnlyList<double> factors, string action, string? warning = null) =>
        new([1 - factors.Sum(), .. factors], null, action, warning);

    /// <summary>A formula of the elements.</summary>
    /// <param name="formula">The formula.</param>
    /// <param name="action">What the report says was done.</param>
    /// <param name="rows">The rows that the formula needs whole; null where any block will do.</param>
    public TensorBlend Compute(ElementFormula formula, string action, RowLayout? rows = null) =>
        new([.. Enumerable.Repeat(1.0, sources.Count)], null, action) { Formula = formula, Rows = rows };

    private GramSums Measure(Func<TensorBlock, int, ReadOnlySpan<double>> vector)
    {
        int count = ModelCount;
        if (ElementCount == 0)
        {
            return new GramSums(count, new PairSums[GramSums.PairCount(count)]);
        }

        return Fold(block => GramSums.Of(count, model => vector(block, model), 0, block.Count), (total, part) => total.Add(part));
    }
}
