using System.Runtime.InteropServices;
using static OnnxEmbed.Data.Carrying.PageWriting;
using static OnnxEmbed.Data.Carrying.ParquetSchemaFields;

namespace OnnxEmbed.Data.Carrying;

/// <summary>
/// Writes a <see cref="VectorColumn"/> as Parquet pages. The Parquet library knows no FLOAT16, gives an 8-bit integer four bytes, makes two
/// 32-bit levels for each number, and compresses what does not shrink. Here levels are a run or two for each row, numbers are copied as
/// they are, and 8-bit integers are places in a dictionary of all 256, which makes them a byte each in standard encodings.
/// Pages and encodings: https://parquet.apache.org/docs/file-format/data-pages/.
/// </summary>
internal static class VectorPages
{
    /// <summary>The schema elements of a vector column, in preorder.</summary>
    public static IEnumerable<ThriftStruct> Elements(string name, VectorType type)
    {
        yield return new ThriftStruct().With32(Repetition, Optional).WithText(Name, name).With32(Children, 1).With32(ConvertedType, ConvertedList)
            .With(LogicalType, ThriftTypes.Struct, new ThriftStruct().With(LogicalList, ThriftTypes.Struct, new ThriftStruct()));
        yield return new ThriftStruct().With32(Repetition, Repeated).WithText(Name, "list").With32(Children, 1);
        ThriftStruct element = new ThriftStruct().With32(ElementType, PhysicalType(type)).With32(Repetition, Required).WithText(Name, "element");
        if (type == VectorType.Float16)
        {
            element.With32(TypeLength, 2)
                .With(LogicalType, ThriftTypes.Struct, new ThriftStruct().With(LogicalFloat16, ThriftTypes.Struct, new ThriftStruct()));
        }
        else if (type == VectorType.Int8)
        {
            ThriftStruct integer = new ThriftStruct().WithByte(1, 8).With(2, ThriftTypes.Bool, true);
            element.With32(ConvertedType, ConvertedInt8)
                .With(LogicalType, ThriftTypes.Struct, new ThriftStruct().With(LogicalInteger, ThriftTypes.Struct, integer));
        }

        yield return element;
        if (type == VectorType.Int8)
        {
            yield return new ThriftStruct().With32(ElementType, FloatValues).With32(Repetition, Optional).WithText(Name, name + VectorColumn.ScaleSuffix);
        }
    }

    /// <summary>Writes the column's pages at the stream's position.</summary>
    /// <returns>The metadata of each column chunk.</returns>
    public static IEnumerable<ThriftStruct> Write(Stream stream, VectorColumn column)
    {
        yield return WriteVectors(stream, column);
        if (column.Type == VectorType.Int8)
        {
            yield return WriteScales(stream, column);
        }
    }

    private static ThriftStruct WriteVectors(Stream stream, VectorColumn column)
    {
        long start = stream.Position;
        bool hasDictionary = column.Type == VectorType.Int8;
        if (hasDictionary)
        {
            WriteDictionary(stream);
        }

        long data = stream.Position;
        long levels = 0;
        int rowBytes = column.Bytes(0).Length;
        int pageRows = Math.Max(1, PageBytes / rowBytes);
        for (int first = 0; first < column.Rows; first += pageRows)
        {
            int rows = Math.Min(pageRows, column.Rows - first);
            using MemoryStream page = new((rows * rowBytes) + (rows * 16) + 64);
            MemoryStream repetitions = new();
            MemoryStream definitions = new();
            int count = 0;
            for (int row = first; row < first + rows; row++)
            {
                bool isNull = column.Nulls[row];
                Run(repetitions, 1, 0);
                if (!isNull && column.Width > 1)
                {
                    Run(repetitions, column.Width - 1, 1);
                }

                Run(definitions, isNull ? 1 : column.Width, (byte)(isNull ? 0 : 2));
                count += isNull ? 1 : column.Width;
            }

            WriteLevels(page, repetitions);
            WriteLevels(page, definitions);
            WriteNumbers(page, column, first, rows);
            WritePage(stream, page, count, hasDictionary ? Dictionary : Plain);
            levels += count;
        }

        return Chunk([column.Name, "list", "element"], PhysicalType(column.Type), levels, start, hasDictionary ? start : null, data, stream.Position);
    }

    private static ThriftStruct WriteScales(Stream stream, VectorColumn column)
    {
        long start = stream.Position;
        using MemoryStream page = new();
        MemoryStream definitions = new();
        List<float> scales = new(column.Rows);
        for (int row = 0; row < column.Rows; row++)
        {
            if (!column.Nulls[row])
            {
                scales.Add(column.Scales[row]);
            }

            int run = 1;
            while (row + 1 < column.Rows && column.Nulls[row + 1] == column.Nulls[row])
            {
                row++;
                run++;
                if (!column.Nulls[row])
                {
                    scales.Add(column.Scales[row]);
                }
            }

            Run(definitions, run, (byte)(column.Nulls[row] ? 0 : 1));
        }

        WriteLevels(page, definitions);
        page.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(scales)));
        WritePage(stream, page, column.Rows, Plain);
        return Chunk([column.Name + VectorColumn.ScaleSuffix], FloatValues, column.Rows, start, null, start, stream.Position);
    }

    private static void WriteNumbers(MemoryStream page, VectorColumn column, int first, int rows)
    {
        if (column.Type != VectorType.Int8)
        {
            for (int row = first; row < first + rows; row++)
            {
                if (!column.Nulls[row])
                {
                    page.Write(column.Bytes(row));
                }
            }

            return;
        }

        // Width of a place, then one bit-packed run: of 8 bits each, which are bytes, in groups of eight. The dictionary begins at -128.
        int present = 0;
        for (int row = first; row < first + rows; row++)
        {
            present += column.Nulls[row] ? 0 : 1;
        }

        int values = present * column.Width;
        int groups = (values + 7) / 8;
        page.WriteByte(8);
        ThriftStruct.WriteVariable(page, ((ulong)groups << 1) | 1);
        byte[] places = new byte[column.Width];
        for (int row = first; row < first + rows; row++)
        {
            if (!column.Nulls[row])
            {
                ReadOnlySpan<byte> bytes = column.Bytes(row);
                for (int i = 0; i < places.Length; i++)
                {
                    places[i] = (byte)(bytes[i] ^ 128);
                }

                page.Write(places);
            }
        }

        page.Write(stackalloc byte[(groups * 8) - values]);
    }

    private static void WriteDictionary(Stream stream)
    {
        int[] all = [.. Enumerable.Range(sbyte.MinValue, 256)];
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes<int>(all);
        new ThriftStruct().With32(1, DictionaryPage).With32(2, bytes.Length).With32(3, bytes.Length)
            .With(7, ThriftTypes.Struct, new ThriftStruct().With32(1, all.Length).With32(2, Plain))
            .Write(stream);
        stream.Write(bytes);
    }

    private static int PhysicalType(VectorType type) => type switch
    {
        VectorType.Float32 => FloatValues,
        VectorType.Float16 => FixedBytes,
        _ => Int32Values,
    };
}
