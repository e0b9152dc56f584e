using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Merging.Inputs;
using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Comparing;

/// <summary>
/// Compares the weights of models: angles, norms and task vectors. Tensors that another export has under other names, transposed or packed
/// are found as
/// in a merge. Nothing is loaded; memory does not grow with the models.
/// </summary>
public static class ModelComparison
{
    /// <summary>Compares two models.</summary>
    /// <param name="first">A package or <c>.onnx</c> file, with adapters if it has some.</param>
    /// <param name="second">The other; its minus the first's weights are the task vector.</param>
    /// <param name="degreeOfParallelism">Threads at work, 1 or more; the result does not depend on it.</param>
    /// <param name="progress">Is told of each tensor.</param>
    /// <param name="cancellation">Stops the comparison between blocks.</param>
    /// <exception cref="OptionException">The number of threads is below 1.</exception>
    /// <exception cref="DataException">A model is missing or not valid.</exception>
    public static ModelDifference Run(
        MergeInput first,
        MergeInput second,
        int degreeOfParallelism,
        IProgress<MergeProgress>? progress = null,
        CancellationToken cancellation = default) => Run(first, [second], degreeOfParallelism, progress, cancellation).Models[0];

    /// <summary>Compares models with a base, and their task vectors with each other.</summary>
    /// <param name="first">The base: a package or <c>.onnx</c> file, with adapters if it has some.</param>
    /// <param name="others">The models, one or more; each minus the base is a task vector.</param>
    /// <param name="degreeOfParallelism">Threads at work, 1 or more; the result does not depend on it.</param>
    /// <param name="progress">Is told of each tensor.</param>
    /// <param name="cancellation">Stops the comparison between blocks.</param>
    /// <exception cref="OptionException">There is no other model, or the number of threads is below 1.</exception>
    /// <exception cref="DataException">A model is missing or not valid.</exception>
    public static TaskVectorComparison Run(
        MergeInput first,
        IReadOnlyList<MergeInput> others,
        int degreeOfParallelism,
        IProgress<MergeProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(others);
        if (degreeOfParallelism < 1 || others.Count < 1)
        {
            throw new OptionException(others.Count < 1 ? "diff: needs two models or more, got one"
                : $"threads: needs 1 or more, got {degreeOfParallelism}");
        }

        List<MergeSource> sources = [];
        try
        {
            foreach (MergeInput input in others.Prepend(first))
            {
                sources.Add(MergeSource.Open(input));
            }

            return Compare(sources, new BlockEngine(degreeOfParallelism, cancellation), progress, cancellation);
        }
        finally
        {
            sources.ForEach(source => source.Dispose());
        }
    }

    private static TaskVectorComparison Compare(
        List<MergeSource> sources, BlockEngine engine, IProgress<MergeProgress>? progress, CancellationToken cancellation)
    {
        MergeSource theBase = sources[0];
        int count = sources.Count - 1;
        Alignment?[] alignments = [.. sources.Skip(1).Select(other => Align(theBase, other))];
        List<TensorDifference>[] tensors = [.. Enumerable.Range(0, count).Select(_ => new List<TensorDifference>())];
        (PairSums Sums, long Elements, bool AllEqual)[] totals = [.. Enumerable.Repeat((default(PairSums), 0L, true), count)];
        GramSums gram = new(count, new PairSums[GramSums.PairCount(count)]);
        MergeUnit[] units =
        [
            .. theBase.Model.Proto.Graph.Initializer.Select(tensor => tensor.Name)
                .Where(name => theBase.Model.Tensors.ContainsKey(name) && !theBase.IsScale(name))
                .SelectMany(name => alignments.SelectMany(alignment => alignment?.Of(name) ?? [new MergeUnit(name, name)])
                    .DistinctBy(unit => unit.Name)),
        ];
        long byteCount = units.Sum(unit => theBase.Model.Tensors[unit.Tensor].ByteLength);
        long bytesDone = 0;
        for (int done = 0; done < units.Length; done++)
        {
            cancellation.ThrowIfCancellationRequested();
            string name = units[done].Name;
            int[] having = [.. Enumerable.Range(0, count)
                .Where(model => Comparable(theBase, sources[model + 1], units[done], alignments[model]))];
            if (having.Length == 0)
            {
                continue;
            }

            WeightSource[] weights = [theBase.Weights(name), .. having.Select(model => sources[model + 1].Weights(name))];
            TensorData tensor = weights[0].Stored;
            bool[] equal = [.. having.Select((_, i) => engine.AreEqual([weights[0], weights[i + 1]]))];
            BlockEngine.Measurement measurement = engine.Begin(weights);
            IReadOnlyList<PairSums> pairs = tensor.ElementType.IsFloat() && having.Length > 0 ? engine.Finish(measurement) : [];
            for (int i = 0; i < having.Length; i++)
            {
                int model = having[i];
                tensors[model].Add(pairs.Count == 0
                    ? new TensorDifference(name, tensor.ToString(), tensor.ElementCount, equal[i])
                    : Describe(name, tensor.ToString(), tensor.ElementCount, equal[i],
                        pairs[i]) with
                    { NonFinite = NonFinite(engine, pairs[i], weights[0], weights[i + 1]) });
                if (pairs.Count > 0 && !equal[i])
                {
                    // A constant of the graph, such as the -3e38 of a mask, would hide the angle between the weights.
                    totals[model] = (totals[model].Sums + pairs[i], totals[model].Elements + tensor.ElementCount, false);
                }
            }

            if (count > 1 && pairs.Count == count && equal.Contains(false) && pairs.All(pair => pair.IsFinite))
            {
                gram = gram.Add(new MergeTensor(name, tensor.Shape, false, weights, true, measurement, false, engine).TaskGram);
            }

            bytesDone += theBase.Model.Tensors[units[done].Tensor].ByteLength;
            progress?.Report(new MergeProgress(name, done + 1, units.Length, bytesDone, byteCount));
        }

        return new TaskVectorComparison
        {
            Models = [.. Enumerable.Range(0, count).Select(model =>
            {
                List<string> mismatches = [];
                if (alignments[model] is null)
                {
                    SourceAlignment.CompareTensors(theBase, sources[model + 1], mismatches);
                }
                else
                {
                    mismatches.AddRange(alignments[model]!.Matches
                        .Where(match => match.Other is null && theBase.Model.Tensors[match.Tensor] is { ElementCount: > 1 } tensor
                            && tensor.ElementType.IsFloat())
                        .Select(match => $"{sources[model + 1].Label} has no '{match.Tensor}' {theBase.Model.Tensors[match.Tensor]}"));
                }

                return new ModelDifference
                {
                    Tensors = tensors[model],
                    Mismatches = mismatches,
                    Total = Describe("", "all", totals[model].Elements, totals[model].AllEqual, totals[model].Sums),
                };
            })],
            Cosines = [.. Enumerable.Range(0, count).Select(i => (IReadOnlyList<double?>)[.. Enumerable.Range(0, count).Select(j =>
                count == 1 ? null : double.IsFinite(gram.Cosine(i, j)) ? gram.Cosine(i, j) : (double?)null)])],
        };
    }

    private static long NonFinite(BlockEngine engine, PairSums sums, WeightSource first, WeightSource second) =>
        sums.IsFinite ? 0 : engine.CountNonFinite(first) + engine.CountNonFinite(second);

    /// <summary>
    /// Which tensor of the other model is which of the first, as merges find it; null where the two do not fit and names have to do.
    /// </summary>
    private static Alignment? Align(MergeSource first, MergeSource other)
    {
        if (!first.HasGraph)
        {
            return null;
        }

        List<string> differences = [], faults = [], warnings = [];
        Alignment alignment = SourceAlignment.Check([first, other], null, differences, faults, warnings);
        return differences.Count == 0 ? alignment : null;
    }

    private static bool Comparable(MergeSource first, MergeSource second, MergeUnit unit, Alignment? alignment)
    {
        if (alignment is not null)
        {
            return alignment.Of(unit.Tensor).Any(own => own.Name == unit.Name) && second.BindingOf(unit.Name) is not null;
        }

        return unit.Selection is null && first.Model.Tensors.TryGetValue(unit.Tensor, out TensorData? one)
            && second.Model.Tensors.TryGetValue(unit.Tensor, out TensorData? two)
            && SourceAlignment.Agree(one, two);
    }

    private static TensorDifference Describe(string name, string type, long count, bool equal, PairSums sums)
    {
        double angle = sums.Angle;
        bool hasAngle = double.IsFinite(angle);
        return new TensorDifference(name, type, count, equal)
        {
            FirstNorm = sums.FirstNorm,
            SecondNorm = sums.SecondNorm,
            DifferenceNorm = Math.Sqrt(sums.DifferenceSquared),
            Cosine = hasAngle ? sums.Cosine : null,
            AngleDegrees = hasAngle ? angle * (180 / Math.PI) : null,
        };
    }
}
