namespace OnnxEmbed.Merging.Inputs;

/// <summary>Ranges of one axis of a stored tensor, one after another: a layer of a packed matrix, or the rows of certain tokens.</summary>
internal sealed class AxisSelection
{
    private readonly long[] _starts;

    /// <summary>Selects ranges.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="ranges">First index and number of indexes of each range.</param>
    public AxisSelection(int axis, IReadOnlyList<(long Begin, long Length)> ranges)
    {
        Axis = axis;
        Ranges = ranges;
        _starts = new long[ranges.Count];
        foreach (int i in Enumerable.Range(0, ranges.Count))
        {
            _starts[i] = Length;
            Length += ranges[i].Length;
        }
    }

    public int Axis { get; }

    public IReadOnlyList<(long Begin, long Length)> Ranges { get; }

    /// <summary>Number of selected indexes.</summary>
    public long Length { get; }

    /// <summary>Selects single indexes in a given order; neighbours become ranges.</summary>
    public static AxisSelection Of(int axis, IEnumerable<long> indexes)
    {
        List<(long Begin, long Length)> ranges = [];
        foreach (long index in indexes)
        {
            if (ranges.Count > 0 && ranges[^1] is (long begin, long length) && begin + length == index)
            {
                ranges[^1] = (begin, length + 1);
            }
            else
            {
                ranges.Add((index, 1));
            }
        }

        return new AxisSelection(axis, ranges);
    }

    /// <summary>Extents of what is selected from a tensor.</summary>
    public long[] Of(IReadOnlyList<long> shape) => [.. shape.Select((extent, axis) => axis == Axis ? Length : extent)];

    /// <summary>
    /// The selected elements [start, start + count) as runs of the stored tensor: where a run begins, where it goes, how long it is.
    /// </summary>
    public IEnumerable<(long Stored, int Place, int Count)> Runs(IReadOnlyList<long> shape, long start, int count)
    {
        long inner = 1;
        for (int axis = Axis + 1; axis < shape.Count; axis++)
        {
            inner *= shape[axis];
        }

        for (int done = 0; done < count;)
        {
            (long outer, long within) = Math.DivRem(start + done, Length * inner);
            (long index, long offset) = Math.DivRem(within, inner);
            int range = Array.BinarySearch(_starts, index);
            range = range < 0 ? ~range - 1 : range;
            long stored = (((outer * shape[Axis]) + Ranges[range].Begin + index - _starts[range]) * inner) + offset;
            int run = (int)Math.Min(count - done, ((_starts[range] + Ranges[range].Length) * inner) - within);
            yield return (stored, done, run);
            done += run;
        }
    }
}
