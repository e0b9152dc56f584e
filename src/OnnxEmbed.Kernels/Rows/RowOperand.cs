namespace OnnxEmbed.Kernels.Rows;

/// <summary>Where the rows of a register lie during one block of rows.</summary>
/// <param name="data">The first row of the block, or the first of all where they repeat.</param>
/// <param name="width">Elements of a row.</param>
/// <param name="first">Number of the block's first row, counted where <paramref name="period"/> counts.</param>
/// <param name="period">Rows after which they repeat; 0 where they do not.</param>
internal readonly unsafe struct RowOperand(float* data, int width, long first, long period)
{
    /// <summary>Elements of a row.</summary>
    public readonly int Width = width;

    /// <summary>Whether there is one number for all.</summary>
    public bool IsNumber => Width == 1 && period == 1;

    /// <summary>Whether the block's rows lie one after the other.</summary>
    public bool IsBlock => period == 0;

    /// <summary>The first number.</summary>
    public float Number => *data;

    /// <summary>A row of the block.</summary>
    public float* Row(int row) => data + ((period == 0 ? row : (first + row) % period) * Width);
}
