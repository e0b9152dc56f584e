using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Tests.Architectures;

/// <summary>A matrix in double with loops written out, for the reference models.</summary>
internal sealed class Matrix(int rows, int columns)
{
    private readonly double[] _values = new double[rows * columns];

    public int Rows => rows;

    public int Columns => columns;

    public double this[int row, int column]
    {
        get => _values[(row * columns) + column];
        set => _values[(row * columns) + column] = value;
    }

    public static Matrix Of(TensorData data)
    {
        Matrix matrix = new((int)data.Shape[0], (int)data.Shape[1]);
        data.ToDoubles().CopyTo(matrix._values, 0);
        return matrix;
    }

    public Matrix Map(Func<int, int, double> value)
    {
        Matrix result = new(rows, columns);
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                result[r, c] = value(r, c);
            }
        }

        return result;
    }

    public static Matrix operator +(Matrix a, Matrix b) => a.Map((r, c) => a[r, c] + b[r, c]);

    /// <summary>x Wᵀ + b with W [out, in].</summary>
    public Matrix Linear(Matrix weight, double[]? bias) => new Matrix(rows, weight.Rows).Map((r, o) =>
    {
        double sum = bias?[o] ?? 0;
        for (int i = 0; i < columns; i++)
        {
            sum += this[r, i] * weight[o, i];
        }

        return sum;
    });

    public double[] Row(int row) => [.. Enumerable.Range(0, columns).Select(c => this[row, c])];
}
