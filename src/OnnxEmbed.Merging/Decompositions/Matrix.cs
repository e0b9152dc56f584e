using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Decompositions;

/// <summary>A matrix in double, row by row in one array.</summary>
internal sealed class Matrix
{
    public Matrix(int rows, int columns)
        : this(rows, columns, new double[(long)rows * columns])
    {
    }

    public Matrix(int rows, int columns, double[] values)
    {
        Rows = rows;
        Columns = columns;
        Values = values.Length == (long)rows * columns
            ? values
            : throw new ArgumentException($"a matrix [{rows}, {columns}] needs {(long)rows * columns} values, got {values.Length}",
                nameof(values));
    }

    public int Rows { get; }

    public int Columns { get; }

    public double[] Values { get; }

    public Span<double> this[int row] => Values.AsSpan(row * Columns, Columns);

    public double SquaredNorm => Reductions.SquaredNorm(Values);

    public Matrix Transposed()
    {
        const int Tile = 32;
        Matrix result = new(Columns, Rows);
        for (int top = 0; top < Rows; top += Tile)
        {
            for (int left = 0; left < Columns; left += Tile)
            {
                for (int row = top; row < Math.Min(top + Tile, Rows); row++)
                {
                    for (int column = left; column < Math.Min(left + Tile, Columns); column++)
                    {
                        result.Values[(column * Rows) + row] = Values[(row * Columns) + column];
                    }
                }
            }
        }

        return result;
    }

    /// <summary>The first rows, copied.</summary>
    public Matrix Top(int rows) => new(rows, Columns, Values[..(rows * Columns)]);

    /// <summary>Another matrix of as many columns below this one.</summary>
    public Matrix Above(Matrix below) => new(Rows + below.Rows, Columns, [.. Values, .. below.Values]);
}
