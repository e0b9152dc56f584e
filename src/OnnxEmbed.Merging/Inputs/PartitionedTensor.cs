using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Inputs;

/// <summary>
/// A tensor of the first model and where the others hold it. Where one of them has its parts in several tensors, or packed with others, all
/// are
/// merged part by part, since an angle or a threshold of the whole would not be that of the parts.
/// </summary>
internal sealed class PartitionedTensor
{
    private readonly string _name;
    private readonly TensorData _tensor;
    private readonly List<PartBinding>?[] _models;
    private IReadOnlyList<MergeUnit>? _units;

    /// <summary>Takes what was found in each model but the first; null where one lacks the tensor.</summary>
    public PartitionedTensor(string name, TensorData tensor, List<PartBinding>?[] models)
    {
        _name = name;
        _tensor = tensor;
        _models = [.. models.Select(parts => parts is null ? null : Joined(parts))];
    }

    /// <summary>The parts that are merged one by one; null where the tensor is merged whole.</summary>
    public IReadOnlyList<MergeUnit>? Units(List<string> faults)
    {
        if (_models.FirstOrDefault(parts => parts is [{ IsWhole: false }, ..]) is not { } ranges)
        {
            return null;
        }

        int axis = ranges[0].Axis;
        bool tiled = ranges.Sum(range => range.Length) == _tensor.Shape[axis]
            && _models.All(parts => parts is null or [{ IsWhole: true }] || parts.Select(Range).SequenceEqual(ranges.Select(Range)));
        if (!tiled)
        {
            faults.Add($"'{_name}' {_tensor} is used in parts, and the models do not agree in which");
            return null;
        }

        return _units = [.. ranges.Select(range => new MergeUnit(
            axis == 0 ? $"{_name}[{range.Begin}:{range.Begin + range.Length}]" : $"{_name}[:, {range.Begin}:{range.Begin + range.Length}]",
            _name,
            new AxisSelection(axis, [(range.Begin, range.Length)])))];

        static (int, long, long) Range(PartBinding part) => (part.Axis, part.Begin, part.Length);
    }

    /// <summary>Tells each model where it holds the tensor or its parts.</summary>
    public void Bind(IReadOnlyList<MergeSource> sources, List<TensorMatch> matches)
    {
        foreach (MergeUnit unit in _units ?? [])
        {
            sources[0].Bind(unit.Name, new TensorBinding(_name) { Selection = unit.Selection });
        }

        for (int i = 0; i < _models.Length; i++)
        {
            MergeSource source = sources[i + 1];
            if (_models[i] is not { } parts)
            {
                source.Bind(_name, null);
                if (sources[0].IsScale(_name))
                {
                    continue; // goes with its codes
                }

                matches.Add(new TensorMatch(_name, source.Label, null, MatchKind.Name, false, false));
                continue;
            }

            if (_units is null)
            {
                Set(source, _name, parts[0].Binding);
                continue;
            }

            source.Bind(_name, null);
            foreach (MergeUnit unit in _units)
            {
                (long begin, long length) = unit.Selection!.Ranges[0];
                Set(source, unit.Name, parts[0].IsWhole
                    ? Cut(parts[0].Binding, unit.Selection.Axis, begin, length)
                    : parts.First(part => part.Begin == begin).Binding);
            }
        }

        void Set(MergeSource source, string unit, TensorBinding binding)
        {
            source.Bind(unit, binding);
            if (binding.Tensor != unit || binding.Transposed || binding.Selection is not null)
            {
                matches.Add(new TensorMatch(unit, source.Label, binding.Tensor, binding.Kind, binding.Transposed,
                    binding.Selection is not null));
            }
        }
    }

    /// <summary>A range of what a binding gives, as a binding.</summary>
    private static TensorBinding Cut(TensorBinding whole, int axis, long begin, long length)
    {
        int stored = whole.Transposed ? 1 - axis : axis;
        return whole with { Selection = new AxisSelection(stored, [(begin + (whole.Selection?.Ranges[0].Begin ?? 0), length)]) };
    }

    /// <summary>
    /// Parts in order; parts that lie one behind another in one tensor, as packed as in the first model, are that tensor.
    /// </summary>
    private List<PartBinding> Joined(List<PartBinding> parts)
    {
        List<PartBinding> ordered = [.. parts.Where(part => !part.IsWhole).OrderBy(part => part.Begin)];
        if (ordered.Count == 0 || parts.Exists(part => part.IsWhole))
        {
            return [parts.Find(part => part.IsWhole)!];
        }

        TensorBinding first = ordered[0].Binding;
        int axis = first.Transposed ? 1 - ordered[0].Axis : ordered[0].Axis;
        bool packed = ordered.Sum(part => part.Length) == _tensor.Shape[ordered[0].Axis] && ordered.TrueForAll(part =>
            part.Binding.Tensor == first.Tensor && part.Binding.Transposed == first.Transposed
            && part.Binding.Selection is { } selection && selection.Axis == axis
            && selection.Ranges[0].Begin == part.Begin && selection.Length == part.Length);
        return packed ? [new PartBinding(0, 0, -1, first with { Selection = null })] : ordered;
    }
}
