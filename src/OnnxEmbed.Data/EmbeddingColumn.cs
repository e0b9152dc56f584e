using System.Globalization;
using OnnxEmbed.Data.Carrying;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Data;

/// <summary>The <c>embedding</c> column of a dataset: lists of one length without gaps.</summary>
public static class EmbeddingColumn
{
    /// <summary>The name that the embed and eval commands agree on.</summary>
    public const string DefaultName = "embedding";

    /// <summary>
    /// Reads a column of float lists, of double lists rounded to float, or of integer lists that are times a scale in the column beside them,
    /// as one matrix.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="name">Name of the column.</param>
    /// <exception cref="DataException">The column is missing or of another kind; a row is null, empty or of another width than the first;
    /// a number is NaN or infinite.</exception>
    public static EmbeddingMatrix Read(ParquetTable table, string name = DefaultName) => table[name] switch
    {
        ListColumn<float> floats => Checked(table.Source, floats, floats.Array),
        ListColumn<double> doubles => Checked(table.Source, doubles, Array.ConvertAll(doubles.Array, static value => (float)value)),
        ListColumn<long> integers when table.Has(name + VectorColumn.ScaleSuffix) => Checked(table.Source, integers, Scaled(table, integers)),
        Column other => throw ParquetTable.WrongKind(table.Source, other.Schema(), ColumnKind.FloatList),
    };

    /// <summary>Makes a column from a matrix; it keeps the array.</summary>
    /// <param name="values">Row-major, [rows, <paramref name="width"/>].</param>
    /// <param name="width">Numbers an embedding, at least 1.</param>
    /// <param name="name">Name of the column.</param>
    /// <exception cref="ArgumentException">The length of <paramref name="values"/> is no multiple of <paramref name="width"/>.</exception>
    public static Column Of(float[] values, int width, string name = DefaultName)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (values.Length % width != 0)
        {
            throw new ArgumentException($"Column {name}: needs a multiple of {width} numbers, got {values.Length}", nameof(values));
        }

        int[] offsets = new int[(values.Length / width) + 1];
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = i * width;
        }

        return new ListColumn<float>(name, values, offsets);
    }

    private static float[] Scaled(ParquetTable table, ListColumn<long> integers)
    {
        double[] scales = table.Numbers(integers.Name + VectorColumn.ScaleSuffix);
        float[] values = new float[integers.Array.Length];
        for (int row = 0; row < integers.Count; row++)
        {
            for (int i = integers.Offsets[row]; i < integers.Offsets[row + 1]; i++)
            {
                values[i] = integers.Array[i] * (float)scales[row];
            }
        }

        return values;
    }

    private static EmbeddingMatrix Checked<T>(string source, ListColumn<T> column, float[] values)
        where T : unmanaged
    {
        int width = column.Count == 0 ? 0 : column[0].Length;
        for (int row = 0; row < column.Count; row++)
        {
            if (column.IsNull(row) || column[row].Length == 0)
            {
                string found = column.IsNull(row) ? "null" : "an empty list";
                throw new DataException($"{source}: column {column.Name}, row {row}: needs an embedding, got {found}");
            }

            if (column[row].Length != width)
            {
                throw new DataException(
                    $"{source}: column {column.Name}, row {row}: needs {width} numbers as in row 0, got {column[row].Length}");
            }
        }

        int bad = Array.FindIndex(values, static value => !float.IsFinite(value));
        return bad < 0
            ? new EmbeddingMatrix(values, column.Count, width)
            : throw new DataException(string.Create(
                CultureInfo.InvariantCulture,
                $"{source}: column {column.Name}, row {bad / width}, position {bad % width}: needs a finite number, got {values[bad]}"));
    }
}
