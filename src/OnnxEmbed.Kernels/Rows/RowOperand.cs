namespace OnnxEmbed.Kernels.Rows;

/// <summary>Where the rows of a register lie: one after the other, or, where an operand is broadcast, by strides of the axes before the last.</summary>
internal readonly unsafe struct RowOperand
{
    /// <summary>Axes before the last that an operand may have.</summary>
    public const int MostAxes = 3;

    /// <summary>Elements of a row.</summary>
    public readonly int Width;

    /// <summary>Whether the rows lie one after the other.</summary>
    public readonly bool IsBlock;

    /// <summary>Whether all rows are the same row.</summary>
    public readonly bool IsOneRow;

    private readonly float* _data;
    private readonly long _first;
    private readonly long _middle;
    private readonly long _inner;
    private readonly long _outerStride;
    private readonly long _middleStride;
    private readonly long _innerStride;

    private RowOperand(float* data, int width, bool isBlock)
    {
        _data = data;
        Width = width;
        IsBlock = isBlock;
    }

    private RowOperand(float* data, int width, long middle, long inner, ReadOnlySpan<long> strides, long first)
        : this(data, width, isBlock: false)
    {
        (_middle, _inner, _first) = (middle, inner, first);
        (_outerStride, _middleStride, _innerStride) = (strides[0], strides[1], strides[2]);
        IsOneRow = strides.IndexOfAnyExcept(0) < 0;
    }

    /// <summary>Whether there is one number for all rows.</summary>
    public bool IsNumber => Width == 1 && IsOneRow;

    /// <summary>Rows that lie one after the other.</summary>
    public static RowOperand Block(float* data, int width) => new(data, width, isBlock: true);

    /// <summary>An operand that broadcasts against the rows of the whole.</summary>
    /// <param name="data">Its elements.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="whole">Shape of the whole, [..., D], with at most three axes before the last.</param>
    /// <exception cref="InvalidOperationException">It does not broadcast.</exception>
    public static RowOperand Broadcast(float* data, ReadOnlySpan<long> shape, ReadOnlySpan<long> whole)
    {
        Span<long> extents = stackalloc long[MostAxes];
        Span<long> strides = stackalloc long[MostAxes];
        extents.Fill(1);
        strides.Clear();
        int width = checked((int)(shape.IsEmpty ? 1 : shape[^1]));
        bool fits = whole.Length - 1 <= MostAxes && shape.Length <= whole.Length && (width == 1 || width == whole[^1]);
        long stride = 1;
        for (int axis = 1; axis < whole.Length && fits; axis++)
        {
            int place = MostAxes - axis;
            extents[place] = whole[^(axis + 1)];
            long own = axis < shape.Length ? shape[^(axis + 1)] : 1;
            fits = own == 1 || own == extents[place];
            strides[place] = own == 1 ? 0 : stride;
            stride *= own;
        }

        if (!fits)
        {
            throw new InvalidOperationException(
                $"Rows: needs operands that broadcast to [{string.Join(", ", whole.ToArray())}], got [{string.Join(", ", shape.ToArray())}]");
        }

        bool isWhole = stride == extents[0] * extents[1] * extents[2] && stride > 1;
        return isWhole ? Block(data, width) : new RowOperand(data, width, extents[1], extents[2], strides, 0);
    }

    /// <summary>The operand as a block of rows sees it that begins at a row of the whole.</summary>
    public RowOperand From(long first) => IsBlock
        ? Block(_data + (first * Width), Width)
        : new RowOperand(_data, Width, _middle, _inner, [_outerStride, _middleStride, _innerStride], first);

    /// <summary>A row.</summary>
    public float* Row(int row)
    {
        if (IsBlock)
        {
            return _data + ((long)row * Width);
        }

        if (IsOneRow)
        {
            return _data;
        }

        (long rest, long inner) = Math.DivRem(_first + row, _inner);
        (long outer, long middle) = Math.DivRem(rest, _middle);
        return _data + (((outer * _outerStride) + (middle * _middleStride) + (inner * _innerStride)) * Width);
    }
}
