using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Inputs;

/// <summary>
/// Puts new values into the layout of a quantised weight. Each group gets a scale that just holds its largest value: symmetric where the
/// zero
/// points are those in the middle, else from the smallest to the largest value, 0 among them. It is used in two passes, ranges and codes,
/// block by block
/// from any thread; the result does not depend on their order.
/// </summary>
internal sealed class Requantiser
{
    private readonly QuantisedTensor _layout;
    private readonly Lock _lock = new();
    private readonly double[] _least;
    private readonly double[] _most;
    private readonly double[] _scales;
    private readonly double[] _zeros;
    private readonly bool _symmetric;
    private readonly SortedDictionary<long, (double Norm, double Error, double Values)> _sums = [];
    private bool _chosen;

    public Requantiser(QuantisedTensor layout)
    {
        _layout = layout;
        _least = new double[layout.GroupScales.Length];
        _most = new double[layout.GroupScales.Length];
        _scales = new double[layout.GroupScales.Length];
        _zeros = new double[layout.GroupScales.Length];
        _symmetric = Enumerable.Range(0, _zeros.Length).All(group => layout.ZeroOf(group) == Middle);
        Codes = new byte[layout.Codes.ByteLength];
        Scales = new byte[layout.Scales.ByteLength];
        Zeros = layout.Zeros is { } zeros ? new byte[zeros.ByteLength] : null;
    }

    public byte[] Codes { get; }

    public byte[] Scales { get; }

    public byte[]? Zeros { get; }

    /// <summary>Σ of the squares of the quantised values.</summary>
    public double SquaredNorm => _sums.Values.Sum(sum => sum.Norm);

    /// <summary>Norm of what quantising changed against the norm of the values.</summary>
    public double RelativeError => _sums.Values.Sum(sum => sum.Values) is var total and > 0
        ? Math.Sqrt(_sums.Values.Sum(sum => sum.Error) / total) : 0;

    private int Middle => _layout.IsSigned || (_layout.Zeros is null && !_layout.IsPacked) ? 0 : 1 << (_layout.Bits - 1);

    private int Lowest => _layout.Lowest;

    private int Highest => _layout.Highest;

    /// <summary>First pass: the range of each group.</summary>
    public void Measure(long start, ReadOnlySpan<double> values)
    {
        lock (_lock)
        {
            for (int i = 0; i < values.Length; i++)
            {
                long group = _layout.GroupOf(start + i);
                _least[group] = Math.Min(_least[group], values[i]);
                _most[group] = Math.Max(_most[group], values[i]);
            }
        }
    }

    /// <summary>Second pass: the codes.</summary>
    public void Quantise(long start, ReadOnlySpan<double> values)
    {
        lock (_lock)
        {
            if (!_chosen)
            {
                Choose();
            }

            int mask = (1 << _layout.Bits) - 1;
            (double norm, double error, double total) = (0, 0, 0);
            for (int i = 0; i < values.Length; i++)
            {
                long group = _layout.GroupOf(start + i);
                double wanted = _layout.HasFloatZeros ? Math.Round((values[i] / _scales[group]) + _zeros[group])
                    : Math.Round(values[i] / _scales[group]) + _zeros[group];
                int code = (int)Math.Clamp(wanted, Lowest, Highest);
                (long place, int shift) = _layout.PlaceOf(start + i);
                Codes[place] |= unchecked((byte)((code & mask) << shift));
                double value = (code - _zeros[group]) * _scales[group];
                norm += value * value;
                error += (value - values[i]) * (value - values[i]);
                total += values[i] * values[i];
            }

            _sums[start] = (norm, error, total);
        }
    }

    private void Choose()
    {
        _chosen = true;
        if (_layout.SharesScales)
        {
            // Other weights count in the same steps: values beyond the largest are cut off, which the error shows.
            for (int group = 0; group < _scales.Length; group++)
            {
                _scales[group] = _layout.GroupScales[group] == 0 ? 1 : _layout.GroupScales[group];
                _zeros[group] = _layout.ZeroOf(group);
            }

            _layout.Scales.Slice(0, Scales.Length).CopyTo(Scales);
            _layout.Zeros?.Slice(0, Zeros!.Length).CopyTo(Zeros);
            return;
        }

        for (int group = 0; group < _scales.Length; group++)
        {
            double largest = Math.Max(-_least[group], _most[group]);

            // A packed layout has one code more below the middle than above: the value of the largest magnitude goes there, as in ONNX Runtime.
            _scales[group] = !_symmetric ? (_most[group] - _least[group]) / (Highest - Lowest)
                : _layout.IsPacked ? (-_least[group] >= _most[group] ? largest : -largest) / Middle
                : largest / (Middle == 0 ? Highest : Middle - 1);
        }

        FloatConversion.FromDoubles(_scales, _layout.Scales.ElementType, Scales);
        FloatConversion.ToDoubles(_layout.Scales.ElementType, Scales, _scales);
        for (int group = 0; group < _scales.Length; group++)
        {
            if (_scales[group] == 0)
            {
                _scales[group] = _layout.GroupScales[group] == 0 ? 1 : _layout.GroupScales[group]; // nothing but zeros
            }

            double zero = Lowest - (_least[group] / _scales[group]);
            _zeros[group] = _symmetric ? Middle : _layout.HasFloatZeros ? zero : Math.Clamp(Math.Round(zero), Lowest, Highest);
            if (Zeros is not null && !_layout.HasFloatZeros)
            {
                (int place, int shift) = _layout.PlaceOfZero(group);
                Zeros[place] |= unchecked((byte)(((int)_zeros[group] & ((1 << _layout.Bits) - 1)) << shift));
            }
        }

        FloatConversion.FromDoubles(_scales, _layout.Scales.ElementType, Scales);
        if (_layout.HasFloatZeros)
        {
            FloatConversion.FromDoubles(_zeros, _layout.Zeros!.ElementType, Zeros!);
            FloatConversion.ToDoubles(_layout.Zeros.ElementType, Zeros!, _zeros);
        }
    }
}
