using OnnxEmbed.Merging.Inputs;
using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <summary>Merges the tensors of opened models into the files of a new one.</summary>
internal sealed partial class TensorMerger(
    MergeOptions options,
    MergeArguments arguments,
    IReadOnlyList<MergeSource> sources,
    Alignment alignment,
    List<string> warnings,
    IProgress<MergeProgress>? progress,
    CancellationToken cancellation)
{
    private readonly BlockEngine _engine = new(options.DegreeOfParallelism, cancellation);
    private readonly FixedTensors _fixed = new(sources[0].Model.Proto.Graph);
    private readonly WeightOrientation _orientation = new(sources[0].Model.Proto.Graph);
    private readonly List<string> _faults = [];
    private readonly Dictionary<string, TensorBlend> _blends = new(StringComparer.Ordinal);
    private readonly PairSums[] _total = new PairSums[Math.Max(1, sources.Count - 1)];
    private readonly OnnxModel _layout = OutputLayout.Of(sources[0].Model, options.OutputType, alignment.Shapes);
    private OnnxFilePlan? _plan;
    private IReadOnlyDictionary<string, string> _twins = new Dictionary<string, string>();
    private readonly Dictionary<string, MergeArguments> _own = new(StringComparer.Ordinal);
    private long _blendedElements;
    private string[] _shared = [];
    private (string Name, WeightSource[] Weights) _ahead = ("", []);

    /// <summary>Whether the first source is a base beside the models.</summary>
    private bool HasBase => options.Base is not null;

    /// <summary>Writes the merged model.</summary>
    /// <param name="path">The model file.</param>
    /// <param name="force">Whether existing files are replaced.</param>
    /// <param name="hashes">Hashes for the report.</param>
    /// <param name="beside">Gets the report when everything is written but no file of the model has its name yet, and gives the files that get theirs with it.</param>
    public MergeReport Write(
        string path, bool force, Func<IReadOnlyList<ProvenanceInput>> hashes, Func<MergeReport, IReadOnlyList<AtomicOutput>>? beside = null)
    {
        OnnxModel model = sources[0].Model;
        OnnxFilePlan plan = _layout.Plan(path, new OnnxWriteOptions { ExternalData = options.ExternalData, Force = force });
        _plan = plan;
        _twins = TwinsInAll();
        List<TensorReport> reports = [];
        using OnnxFileOutput output = options.DryRun ? plan.Discard() : plan.Create(force);
        Dictionary<PlannedRange, string> written = [];
        string[] names = [.. Ordered(model)];
        _shared = [.. names.Where(name => model.Tensors[name].ElementType.IsFloat() && BlockEngine.IsShared(model.Tensors[name])
            && !sources[0].IsScale(name) && alignment.Of(name) is [{ Selection: null }] && sources.All(source => source.BindingOf(name) is not null))];
        long byteCount = names.Sum(name => model.Tensors[name].ByteLength);
        long bytesDone = 0;
        int tensorsDone = 0;
        foreach (string name in names)
        {
            cancellation.ThrowIfCancellationRequested();
            PlannedRange? range = plan.Tensors.TryGetValue(name, out PlannedRange planned) ? planned : null;
            if (range is { } shared && !written.TryAdd(shared, name))
            {
                reports.Add(Shared(name, written[shared]));
            }
            else if (sources[0].IsScale(name))
            {
                reports.Add(new TensorReport(name, model.Tensors[name].ToString(), "made with its codes") { Bytes = model.Tensors[name].ByteLength });
            }
            else if (model.Tensors[name].ElementType.IsFloat() || sources[0].Quantised.ContainsKey(name))
            {
                reports.AddRange(alignment.Of(name).Select(unit => MergeFloats(unit, range, output)));
            }
            else
            {
                reports.Add(KeepOther(name, range, output));
            }

            tensorsDone++;
            bytesDone += model.Tensors[name].ByteLength;
            progress?.Report(new MergeProgress(name, tensorsDone, names.Length, bytesDone, byteCount));
        }

        if (_faults.Count > 0)
        {
            throw new DataException("merge: " + string.Join("; ", _faults));
        }

        double?[] angles = sources.Count == 1 ? [] : [.. _total.Select(sums => Degrees(sums))];
        MergeReport report = new()
        {
            Method = options.Method.Name,
            Parameters = arguments.Values,
            Base = HasBase ? sources[0].Label : null,
            Models = [.. sources.Skip(HasBase ? 1 : 0).Zip(arguments.Weights, (source, weight) => (source.Label, weight))],
            Inputs = hashes(),
            Tensors = reports,
            Matches = alignment.Matches,
            Warnings = [.. warnings, .. options.Method.Rule.WarnOfAngles(angles) is { } straight ? [straight] : Array.Empty<string>(), .. reports.Where(tensor => tensor.Warning is not null).Select(tensor => $"'{tensor.Name}': {tensor.Warning}")],
            AnglesDegrees = angles,
            BlendedElements = _blendedElements,
        };
        output.Commit(beside?.Invoke(report) ?? []);
        return report;
    }

    /// <summary>Initializers in the order of the graph; a twin after the table whose factors it takes.</summary>
    private IEnumerable<string> Ordered(OnnxModel model)
    {
        IEnumerable<string> names = model.Proto.Graph.Initializer.Select(tensor => tensor.Name).Where(model.Tensors.ContainsKey);
        return names.Where(name => !_twins.ContainsKey(name)).Concat(names.Where(_twins.ContainsKey));
    }

    /// <summary>Tables by twin, and their parts by the twin's parts.</summary>
    private Dictionary<string, string> TwinsInAll()
    {
        Dictionary<string, string> twins = new(StringComparer.Ordinal);
        IReadOnlyDictionary<string, string> found = TransposedTwins.Find(sources[0].Model);
        warnings.AddRange(sources.SelectMany(source => found.Where(pair => source.IsAdapted(pair.Key) != source.IsAdapted(pair.Value)).Select(pair =>
            $"{source.Label}: an adapter changes one of '{pair.Value}' and '{pair.Key}', which are one table in the base; the other stays as it is")));
        foreach ((string twin, string table) in found.Where(pair => sources.All(source => AreTwins(source, pair.Value, pair.Key))))
        {
            twins.Add(twin, table);
            foreach ((MergeUnit part, MergeUnit of) in alignment.Of(twin).Zip(alignment.Of(table)))
            {
                twins.TryAdd(part.Name, of.Name);
            }
        }

        return twins;
    }

    /// <summary>Whether a model holds two tensors as one and its transpose, in one tensor or in two.</summary>
    private static bool AreTwins(MergeSource source, string table, string twin)
    {
        if (source.BindingOf(table) is not { Selection: null } first || source.BindingOf(twin) is not { Selection: null } second
            || source.IsAdapted(table) || source.IsAdapted(twin))
        {
            return false;
        }

        TensorData one = source.Model.Tensors[first.Tensor];
        TensorData two = source.Model.Tensors[second.Tensor];
        return first.Tensor == second.Tensor ? first.Transposed != second.Transposed
            : first.Transposed == second.Transposed ? TransposedTwins.AreTwins(one, two) : one.ContentEquals(two);
    }

    private TensorReport MergeFloats(MergeUnit unit, PlannedRange? range, OnnxFileOutput output)
    {
        string name = unit.Name;
        if (unit.IsKept || sources.Any(source => source.BindingOf(name) is null))
        {
            return Keep(unit, range, output);
        }

        WeightSource[] weights = name == _ahead.Name ? _ahead.Weights : WeightsOf(name);
        TensorData target = weights[0].Stored;
        ElementType type = TypeOf(unit);
        bool equal = _engine.AreEqual(weights);
        bool constant = _fixed.IsConstant(unit.Tensor, target); // such as the -∞ of a mask
        BlockEngine.Measurement measurement = _engine.Begin(weights);
        TensorBlend? blend = options.Method.Rule.Measures || constant || _faults.Count > 0 ? null : Decide(unit, weights, measurement, equal);
        IReadOnlyList<PairSums> pairs;
        RoundedSums? rounded = null;
        QuantisedTensor? quantised = sources[0].Quantised.GetValueOrDefault(unit.Tensor);
        if (quantised is null && range is { } place && blend is { CopyOf: null, Formula: null })
        {
            (rounded, pairs) = _engine.MeasureAndBlend(weights, blend.Factors, type, WriterOf(unit, place, type.SizeInBytes(), output));
            _blendedElements += target.ElementCount;
        }
        else
        {
            if (quantised is null && range is { } own && blend is { Formula: not null } && !measurement.IsDone)
            {
                rounded = WriteFormula(weights, blend, type, WriterOf(unit, own, type.SizeInBytes(), output), measurement);
            }

            pairs = _engine.Finish(measurement);
        }

        double[] norms = [pairs[0].FirstNorm, .. sources.Count == 1 ? [] : pairs.Select(pair => pair.SecondNorm)];

        // A constant of the graph, such as the -3e38 of a mask, is equal in all models and would hide the angle between the weights.
        for (int i = 0; !equal && i < pairs.Count; i++)
        {
            _total[i] += pairs[i];
        }

        long[] nonFinite = norms.All(double.IsFinite) ? [] : [.. weights.Select(_engine.CountNonFinite)];
        bool refused = !constant && !options.AllowNonFinite && Refuse(name, nonFinite);
        blend = refused ? TensorBlend.Copy(0, sources.Count, "refused") : blend ?? Decide(unit, weights, measurement, equal);
        string? warning = (constant ? null : WarnOfNonFinite(nonFinite, blend)) ?? blend.Warning;
        if (_faults.Count == 0 && range is { } free)
        {
            MeasureAhead(name);
            rounded ??= quantised is not null ? WriteQuantised(quantised, unit, weights, ref blend, pairs, output) : WriteFloats(weights, blend, pairs, type, WriterOf(unit, free, type.SizeInBytes(), output));
        }

        bool compared = sources.Count > 1;
        TensorData result = quantised?.Codes ?? TensorData.WithoutBytes(type, [.. target.Shape]);
        return new TensorReport(name, result.ToString(), blend.Action)
        {
            Bytes = result.ByteLength,
            Factors = blend.CopyOf is null && blend.Formula is null ? blend.Factors : [],
            Figures = blend.Figures,
            Norms = norms,
            OutputNorm = Math.Sqrt(rounded?.SquaredNorm ?? 0),
            Changed = rounded?.Changed ?? 0,
            Erased = rounded?.Erased ?? 0,
            Cosines = compared ? [.. pairs.Select(pair => double.IsNaN(pair.Cosine) ? (double?)null : pair.Cosine)] : [],
            AnglesDegrees = compared ? [.. pairs.Select(Degrees)] : [],
            NonFinite = nonFinite.Any(count => count > 0) ? nonFinite : [],
            Warning = warning,
            Parameters = options.Schedule is { } schedule && _own.TryGetValue(name, out MergeArguments? values) ? values.Only(schedule.Names) : [],
        };
    }

    /// <summary>Element type that a tensor has in the result.</summary>
    private ElementType TypeOf(MergeUnit unit) => _layout.Tensors[unit.Tensor].ElementType;

    /// <summary>What the other models lack, or what is not to be merged: the first model's values.</summary>
    private TensorReport Keep(MergeUnit unit, PlannedRange? range, OnnxFileOutput output)
    {
        WeightSource weights = sources[0].Weights(unit.Name);
        double norm = _engine.Measure([weights])[0].FirstNorm;
        if (sources[0].Quantised.TryGetValue(unit.Tensor, out QuantisedTensor? quantised))
        {
            TensorBlend whole = TensorBlend.Copy(0, 1, "");
            WriteQuantised(quantised, unit, [weights], ref whole, [default], output);
        }
        else if (range is { } place)
        {
            _engine.CopyValues(weights, TypeOf(unit), WriterOf(unit, place, TypeOf(unit).SizeInBytes(), output));
        }

        string[] lacking = [.. sources.Where(source => source.BindingOf(unit.Name) is null).Select(source => source.Label)];
        return new TensorReport(unit.Name, weights.Stored.ToString(), unit.IsKept ? "kept: tokens of one model" : $"kept: {string.Join(", ", lacking)} without it")
        {
            Bytes = weights.Stored.ByteLength,
            Norms = [norm],
            OutputNorm = norm,
        };
    }

    private TensorBlend Decide(MergeUnit unit, WeightSource[] weights, BlockEngine.Measurement measurement, bool equal)
    {
        string name = unit.Name;
        TensorData target = weights[0].Stored;
        TensorBlend blend;
        if (_twins.TryGetValue(name, out string? table) && _blends.ContainsKey(table))
        {
            // A transposed sum rounds differently: factors of its own could set the twin apart from the table in the last bit.
            // A formula gets the elements in the table's order, whole rows of it, and writes them across.
            blend = _blends[table] with { Warning = null };
            if (blend.Formula is not null)
            {
                RowLayout rows = blend.Rows ?? new RowLayout(target.Shape[1], (int)target.Shape[0], false);
                blend = blend with { Rows = rows with { Strided = !rows.Strided } };
            }
        }
        else if (!equal && sources.Count > 1 && _fixed.IsConstant(unit.Tensor, target))
        {
            blend = TensorBlend.Copy(0, sources.Count, "kept: constant of the graph") with
            {
                Warning = $"is a constant of the graph and differs; that of {sources[0].Label} is kept",
            };
            if (options.Strict)
            {
                _faults.Add($"'{name}' {target}: strict, and a constant of the graph differs");
            }
        }
        else
        {
            int faults = _faults.Count;
            MergeArguments own = arguments.For(unit.Tensor, _faults);
            _own[name] = own;
            bool inputsFirst = _orientation.IsInputsFirst(unit.Tensor, target);
            MergeTensor tensor = new(name, target.Shape, inputsFirst, weights, HasBase, measurement, equal, _engine);
            blend = _faults.Count > faults ? TensorBlend.Copy(0, sources.Count, "refused")
                : (options.LinearVectors && target.Shape.Count < 2 ? options.Method.Rule.Average(tensor, own) : null) ?? options.Method.Rule.Decide(tensor, own);
        }

        _blends[name] = blend;
        return blend;
    }

    /// <summary>Adds a fault for each model, also one of which nothing would be taken, that holds NaN or infinite values.</summary>
    private bool Refuse(string name, long[] nonFinite)
    {
        int before = _faults.Count;
        _faults.AddRange(Enumerable.Range(0, nonFinite.Length).Where(i => nonFinite[i] > 0).Select(i =>
            $"'{name}': needs finite weights, got {NonFinite(nonFinite, i)}; --allow-nonfinite merges them all the same"));
        return _faults.Count > before;
    }

    private string? WarnOfNonFinite(long[] nonFinite, TensorBlend blend)
    {
        string[] warnings = [.. Enumerable.Range(0, nonFinite.Length).Where(i => nonFinite[i] > 0).Select(i =>
            NonFinite(nonFinite, i) + (blend.Uses(i) ? "" : ", of which nothing is taken"))];
        return warnings.Length == 0 ? null : string.Join("; ", warnings);
    }

    private string NonFinite(long[] nonFinite, int source) =>
        $"{nonFinite[source]} NaN or infinite value{(nonFinite[source] == 1 ? "" : "s")} in {sources[source].Label}";

    private WeightSource[] WeightsOf(string name) => [.. sources.Select(source => source.Weights(name))];

    /// <summary>While this tensor is written, threads that cannot write measure the next one that several of them share.</summary>
    private void MeasureAhead(string name)
    {
        int place = Array.IndexOf(_shared, name);
        if (options.Method.Rule.Measures && place >= 0 && place + 1 < _shared.Length)
        {
            _ahead = (_shared[place + 1], WeightsOf(_shared[place + 1]));
            _engine.MeasureAhead(_ahead.Weights);
        }
    }

    /// <summary>Integers, flags and the like: never blended.</summary>
    private TensorReport KeepOther(string name, PlannedRange? range, OnnxFileOutput output)
    {
        TensorData tensor = sources[0].Model.Tensors[name];
        string[] differing = [.. sources.Skip(1).Where(source => source.Find(name) is { } other && !other.ContentEquals(tensor)).Select(source => source.Label)];
        if (differing.Length > 0 && tensor.ElementCount > 1 && _fixed.QuantisedUse(name) is { } use)
        {
            _faults.Add($"'{name}' {tensor}: {QuantisedTensor.WhyNot(use)}; merge the models before they are quantised");
        }
        else if (differing.Length > 0 && options.Strict)
        {
            _faults.Add($"'{name}' {tensor}: strict, and {string.Join(", ", differing)} differ{(differing.Length == 1 ? "s" : "")}");
        }

        if (range is { } place)
        {
            _engine.Copy(tensor, (offset, bytes) => output.Write(place.File, place.Offset + offset, bytes));
        }

        return differing.Length == 0
            ? new TensorReport(name, tensor.ToString(), "copied: not floating-point") { Bytes = tensor.ByteLength }
            : new TensorReport(name, tensor.ToString(), "kept: not floating-point")
            {
                Bytes = tensor.ByteLength,
                Warning = $"is not floating-point and differs in {string.Join(", ", differing)}; that of {sources[0].Label} is kept",
            };
    }

    /// <summary>A tensor whose bytes are another's: done already, if the other models agree that the two are one.</summary>
    private TensorReport Shared(string name, string owner)
    {
        TensorData tensor = sources[0].Model.Tensors[name];
        foreach (MergeSource source in sources)
        {
            bool agrees = source.IsAdapted(name) == source.IsAdapted(owner) && (source.IsAdapted(name) || source.Find(name) is not { } one
                || source.Find(owner) is not { } two || (source.BindingOf(name)!.Transposed == source.BindingOf(owner)!.Transposed && one.ContentEquals(two)));
            if (!agrees)
            {
                _faults.Add($"'{name}' shares its bytes with '{owner}' in {sources[0].Label}, but not in {source.Label}");
            }
        }

        return new TensorReport(name, tensor.ToString(), $"shared with {owner}");
    }

    private static double? Degrees(PairSums sums)
    {
        double angle = sums.Angle;
        return double.IsFinite(angle) ? angle * (180 / Math.PI) : null;
    }
}
