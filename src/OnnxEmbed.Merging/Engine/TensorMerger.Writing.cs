using System.Runtime.InteropServices;
using OnnxEmbed.Merging.Inputs;
using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <content>Writing what became of a tensor to its place in the files.</content>
internal sealed partial class TensorMerger
{
    private RoundedSums WriteFloats(WeightSource[] weights, TensorBlend blend, IReadOnlyList<PairSums> pairs, ElementType type, BlockEngine.BlockWriter write)
    {
        if (blend.CopyOf is { } copied && !weights[copied].IsChanged && weights[copied].Stored.ElementType == type)
        {
            _engine.Copy(weights[copied].Stored, write);
            return new RoundedSums(copied == 0 ? pairs[0].FirstSquared : pairs[copied - 1].SecondSquared, 0, 0);
        }

        if (blend.CopyOf is { } view && (weights[view].IsView || !weights[view].IsChanged))
        {
            return new RoundedSums(_engine.CopyValues(weights[view], type, write), 0, 0);
        }

        if (blend.Formula is not null)
        {
            return WriteFormula(weights, blend, type, write, null);
        }

        if (blend.CopyOf is null)
        {
            _blendedElements += weights[0].Stored.ElementCount;
        }

        return _engine.Blend(weights, blend.Factors, type, write);
    }

    private RoundedSums WriteFormula(
        WeightSource[] weights, TensorBlend blend, ElementType type, BlockEngine.BlockWriter write, BlockEngine.Measurement? along)
    {
        _blendedElements += weights[0].Stored.ElementCount;
        return _engine.Compute(weights, HasBase, blend.Rows, blend.Formula!, type, write, along);
    }

    /// <summary>Writes to the place of a tensor, a part of it to the places of its elements.</summary>
    private BlockEngine.BlockWriter WriterOf(MergeUnit unit, PlannedRange place, int size, OnnxFileOutput output)
    {
        if (unit.Selection is not { } selection)
        {
            return (offset, bytes) => output.Write(place.File, place.Offset + offset, bytes);
        }

        IReadOnlyList<long> shape = _layout.Tensors[unit.Tensor].Shape;
        return (offset, bytes) =>
        {
            foreach ((long stored, int start, int count) in selection.Runs(shape, offset / size, bytes.Length / size))
            {
                output.Write(place.File, place.Offset + (stored * size), bytes.Slice(start * size, count * size));
            }
        };
    }

    /// <summary>Quantises the result into the layout of the first model's weight; the error is a figure of the report.</summary>
    private RoundedSums WriteQuantised(
        QuantisedTensor layout, MergeUnit unit, WeightSource[] weights, ref TensorBlend blend, IReadOnlyList<PairSums> pairs, OnnxFileOutput output)
    {
        if (layout.OrderName is { } order)
        {
            Put(order, sources[0].Model.Tensors[order]);
        }

        if (blend.CopyOf is { } copied && (copied == 0 || Alike(copied)) && sources[copied].BindingOf(unit.Name) is { } binding)
        {
            QuantisedTensor own = sources[copied].Quantised[binding.Tensor];
            Put(layout.Name, own.Codes);
            Put(layout.ScalesName, own.Scales);
            if (layout.ZerosName is { } zeros)
            {
                Put(zeros, own.Zeros!);
            }

            return new RoundedSums(copied == 0 ? pairs[0].FirstSquared : pairs[copied - 1].SecondSquared, 0, 0);
        }

        Requantiser requantiser = new(layout);
        WriteFloats(weights, blend, pairs, ElementType.Float64, (offset, bytes) => requantiser.Measure(offset / sizeof(double), MemoryMarshal.Cast<byte, double>(bytes)));
        long blended = _blendedElements;
        WriteFloats(weights, blend, pairs, ElementType.Float64, (offset, bytes) => requantiser.Quantise(offset / sizeof(double), MemoryMarshal.Cast<byte, double>(bytes)));
        _blendedElements = blended;
        Put(layout.Name, TensorData.FromBytes(layout.Codes.ElementType, [.. layout.Codes.Shape], requantiser.Codes));
        Put(layout.ScalesName, TensorData.FromBytes(layout.Scales.ElementType, [.. layout.Scales.Shape], requantiser.Scales));
        if (layout.ZerosName is { } name)
        {
            Put(name, TensorData.FromBytes(layout.Zeros!.ElementType, [.. layout.Zeros.Shape], requantiser.Zeros));
        }

        blend = blend with { Figures = new Dictionary<string, double>(blend.Figures) { ["quantisation_error"] = requantiser.RelativeError } };
        return new RoundedSums(requantiser.SquaredNorm, 0, 0);

        bool Alike(int model) => sources[model].BindingOf(unit.Name) is { Transposed: false, Selection: null } other
            && sources[model].Quantised.TryGetValue(other.Tensor, out QuantisedTensor? theirs) && theirs.LiesLike(layout);

        void Put(string tensor, TensorData values)
        {
            if (_plan!.Tensors.TryGetValue(tensor, out PlannedRange place))
            {
                _engine.Copy(values, (offset, bytes) => output.Write(place.File, place.Offset + offset, bytes));
            }
        }
    }
}
