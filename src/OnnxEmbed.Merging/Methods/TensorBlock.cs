using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// A run of elements of one tensor in all models, as doubles, read when it is first asked for. It is either some elements as they are
/// stored,
/// or, where rows were asked for, a number of whole rows one after the other, however they are stored. It belongs to one thread, and its
/// spans
/// are valid until the formula returns.
/// </summary>
/// <remarks>
/// What runs for each part of each block is compiled with all optimisation at once, here and where blocks are worked on: a merge of seconds
/// is
/// over before the compiler has found out by itself what is worth it.
/// </remarks>
internal sealed class TensorBlock(IReadOnlyList<WeightSource> sources, bool hasBase) : IDisposable
{
    /// <summary>
    /// Elements of a block that is not made of rows: what a few sources need in double fits into a part of the second-level cache.
    /// </summary>
    public const int Length = 1 << 13;

    /// <summary>
    /// Elements of a block of strided rows, as long as the rows allow: wide enough that what lies together is read and written together.
    /// </summary>
    private const int StridedLength = 1 << 17;

    private const int FewestStridedRows = 16;

    private readonly double[]?[] _values = new double[sources.Count][];
    private readonly double[]?[] _tasks = new double[sources.Count][];
    private readonly bool[] _valuesRead = new bool[sources.Count];
    private readonly bool[] _tasksMade = new bool[sources.Count];
    private double[]? _piece;
    private RowLayout? _rows;

    /// <summary>Index of the first element: as stored, or counted row by row in a block of rows.</summary>
    public long Start { get; private set; }

    /// <summary>Number of elements.</summary>
    public int Count { get; private set; }

    /// <summary>Index of the first row in a block of rows, else 0.</summary>
    public long FirstRow { get; private set; }

    /// <summary>Number of rows in a block of rows, else 1.</summary>
    public int RowCount { get; private set; }

    /// <summary>Elements of each row.</summary>
    public int RowLength => Count / RowCount;

    /// <summary>Number of models, the base not counted.</summary>
    public int ModelCount => sources.Count - (hasBase ? 1 : 0);

    /// <summary>The base's elements.</summary>
    public ReadOnlySpan<double> Base => hasBase ? Values(0) : throw new InvalidOperationException("this merge has no base");

    /// <summary>A model's elements.</summary>
    public ReadOnlySpan<double> Model(int model) => Values(model + (hasBase ? 1 : 0));

    /// <summary>A model's elements minus the base's. The span is the block's own and may be overwritten.</summary>
    public Span<double> Task(int model)
    {
        double[] task = _tasks[model] = Sized(_tasks[model]);
        Span<double> span = task.AsSpan(0, Count);
        if (!_tasksMade[model])
        {
            if (HoldsSingles(sources[0]) && HoldsSingles(sources[model + 1]))
            {
                // As the files have them: nothing is written but the difference.
                Blends.Subtract(Singles(sources[model + 1], 0, Count), Singles(sources[0], 0, Count), span);
            }
            else
            {
                TensorPrimitives.Subtract(Model(model), Base, span);
            }

            _tasksMade[model] = true;
        }

        return span;
    }

    /// <summary>
    /// Some of a model's elements minus the base's, read for this call alone and not kept: for passes that need each of them once. Not for
    /// strided
    /// rows.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void TaskPart(int model, int start, Span<double> target)
    {
        if (HoldsSingles(sources[0]) && HoldsSingles(sources[model + 1]))
        {
            Blends.Subtract(Singles(sources[model + 1], start, target.Length), Singles(sources[0], start, target.Length), target);
            return;
        }

        double[] first = ArrayPool<double>.Shared.Rent(target.Length);
        Span<double> own = first.AsSpan(0, target.Length);
        sources[0].Doubles(Start + start, own);
        sources[model + 1].Doubles(Start + start, target);
        TensorPrimitives.Subtract(target, own, target);
        ArrayPool<double>.Shared.Return(first);
    }

    /// <summary>Some of a model's elements and the base's as the files have them, where both are floats.</summary>
    public bool TryReadSingles(int model, int start, int count, out ReadOnlySpan<float> own, out ReadOnlySpan<float> theBase)
    {
        bool singles = HoldsSingles(sources[0]) && HoldsSingles(sources[model + 1]);
        own = singles ? Singles(sources[model + 1], start, count) : default;
        theBase = singles ? Singles(sources[0], start, count) : default;
        return singles;
    }

    /// <summary>
    /// Some elements of all models minus the base's, and of the base, in a buffer of their own: valid until the next piece or block is
    /// asked for.
    /// In a block of strided rows all elements of the block are read when it is first asked for one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public TaskPiece Tasks(int start, int count)
    {
        int stride = (count + TaskPiece.Lanes - 1) / TaskPiece.Lanes * TaskPiece.Lanes;
        int length = (ModelCount + 1) * stride;
        if (_piece is null || _piece.Length < length)
        {
            if (_piece is not null)
            {
                ArrayPool<double>.Shared.Return(_piece);
            }

            _piece = ArrayPool<double>.Shared.Rent(length);
        }

        Span<double> values = _piece.AsSpan(0, length);
        Span<double> weights = values.Slice(ModelCount * stride, count);
        bool singles = HoldsSingles(sources[0]);
        if (_rows is { Strided: true })
        {
            Base.Slice(start, count).CopyTo(weights);
        }
        else
        {
            sources[0].Doubles(Start + start, weights);
        }

        if (singles)
        {
            // The next piece. Without it the processor waited for memory a third of the time (2026-11-24).
            sources[0].Stored.Prefetch((Start + start + count) * sizeof(float), count * sizeof(float));
        }

        for (int model = 0; model < ModelCount; model++)
        {
            Span<double> task = values.Slice(model * stride, count);
            if (singles && HoldsSingles(sources[model + 1]))
            {
                // As the files have them: nothing is written but the difference.
                Blends.Subtract(Singles(sources[model + 1], start, count), Singles(sources[0], start, count), task);
                sources[model + 1].Stored.Prefetch((Start + start + count) * sizeof(float), count * sizeof(float));
                continue;
            }

            if (_rows is { Strided: true })
            {
                Model(model).Slice(start, count).CopyTo(task);
            }
            else
            {
                sources[model + 1].Doubles(Start + start, task);
            }

            TensorPrimitives.Subtract(task, weights, task);
        }

        for (int end = stride; end <= length && count < stride; end += stride)
        {
            values[(end - stride + count)..end].Clear();
        }

        return new TaskPiece(values, stride, Start + start, count);
    }

    public void Dispose()
    {
        foreach (double[]? buffer in (IEnumerable<double[]?>)[.. _values, .. _tasks, _piece])
        {
            if (buffer is not null)
            {
                ArrayPool<double>.Shared.Return(buffer);
            }
        }

        Array.Clear(_values);
        Array.Clear(_tasks);
        _piece = null;
    }

    /// <summary>How many blocks a tensor has.</summary>
    internal static int BlockCount(long elementCount, RowLayout? rows) => rows is { } layout
        ? layout.Length == 0 ? 0 : checked((int)((layout.Count + RowsPerBlock(layout) - 1) / RowsPerBlock(layout)))
        : checked((int)((elementCount + Length - 1) / Length));

    /// <summary>Goes to a block; nothing is read yet.</summary>
    internal void MoveTo(int block, long elementCount, RowLayout? rows)
    {
        _rows = rows;
        if (rows is { } layout)
        {
            FirstRow = (long)block * RowsPerBlock(layout);
            RowCount = (int)Math.Min(RowsPerBlock(layout), layout.Count - FirstRow);
            Start = FirstRow * layout.Length;
            Count = RowCount * layout.Length;
        }
        else
        {
            Start = (long)block * Length;
            Count = (int)Math.Min(Length, elementCount - Start);
            FirstRow = 0;
            RowCount = 1;
        }

        Array.Clear(_valuesRead);
        Array.Clear(_tasksMade);
    }

    private static int RowsPerBlock(RowLayout layout) => layout.Strided
        ? (int)Math.Min(layout.Count, Math.Max(FewestStridedRows, StridedLength / layout.Length))
        : (int)Math.Min(layout.Count, Math.Max(1, Length / layout.Length));

    private ReadOnlySpan<double> Values(int source)
    {
        double[] values = _values[source] = Sized(_values[source]);
        Span<double> span = values.AsSpan(0, Count);
        if (!_valuesRead[source])
        {
            Read(sources[source], span);
            _valuesRead[source] = true;
        }

        return span;
    }

    private void Read(WeightSource source, Span<double> target)
    {
        if (_rows is not { Strided: true } layout)
        {
            source.Doubles(Start, target);
            return;
        }

        double[] piece = ArrayPool<double>.Shared.Rent(RowCount);
        Span<double> across = piece.AsSpan(0, RowCount);
        for (int i = 0; i < layout.Length; i++)
        {
            source.Doubles((i * layout.Count) + FirstRow, across);
            for (int row = 0; row < across.Length; row++)
            {
                target[(row * layout.Length) + i] = across[row];
            }
        }

        ArrayPool<double>.Shared.Return(piece);
    }

    private bool HoldsSingles(WeightSource source) =>
        hasBase && _rows is not { Strided: true } && !source.IsChanged && source.Stored.ElementType == ElementType.Float32;

    private ReadOnlySpan<float> Singles(WeightSource source, int start, int count) =>
        MemoryMarshal.Cast<byte, float>(source.Stored.Slice((Start + start) * sizeof(float), count * sizeof(float)));

    private double[] Sized(double[]? buffer)
    {
        if (buffer is not null && buffer.Length >= Count)
        {
            return buffer;
        }

        if (buffer is not null)
        {
            ArrayPool<double>.Shared.Return(buffer);
        }

        return ArrayPool<double>.Shared.Rent(Count);
    }
}
