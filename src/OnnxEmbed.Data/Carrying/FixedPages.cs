using static OnnxEmbed.Data.Carrying.PageWriting;
using static OnnxEmbed.Data.Carrying.ParquetSchemaFields;

namespace OnnxEmbed.Data.Carrying;

/// <summary>
/// Writes a column of bytes of fixed length (decimals of many digits, UUIDs, FLOAT16) as Parquet pages: the library would give such a column
/// another type, or another length.
/// </summary>
internal static class FixedPages
{
    /// <summary>Writes the column's pages at the stream's position.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="element">The column's schema element: a column of the table, not part of one.</param>
    /// <param name="runs">Its rows.</param>
    /// <returns>The metadata of the column chunk.</returns>
    public static ThriftStruct Write(Stream stream, ThriftStruct element, IReadOnlyList<(CarriedColumn Column, int Start, int Count)> runs)
    {
        long start = stream.Position;
        int length = (int)element.Integer(TypeLength);
        bool optional = element.Integer(Repetition) == Optional;
        int pageRows = Math.Max(1, PageBytes / Math.Max(1, length));
        long rows = 0;
        using MemoryStream values = new();
        MemoryStream definitions = new();
        int count = 0;
        int run = 0;
        bool runIsNull = false;
        void EndPage()
        {
            using MemoryStream page = new();
            if (optional)
            {
                Run(definitions, run, (byte)(runIsNull ? 0 : 1));
                WriteLevels(page, definitions);
            }

            values.WriteTo(page);
            WritePage(stream, page, count, Plain);
            values.SetLength(0);
            definitions.SetLength(0);
            rows += count;
            (count, run) = (0, 0);
        }

        foreach ((CarriedColumn column, int first, int rowCount) in runs)
        {
            CarriedColumn<ReadOnlyMemory<byte>> bytes = (CarriedColumn<ReadOnlyMemory<byte>>)column;
            for (int row = first; row < first + rowCount; row++)
            {
                bool isNull = !bytes.TryGet(row, out ReadOnlyMemory<byte> value);
                if (run > 0 && isNull != runIsNull)
                {
                    Run(definitions, run, (byte)(runIsNull ? 0 : 1));
                    run = 0;
                }

                runIsNull = isNull;
                run++;
                count++;
                values.Write(value.Span);
                if (count == pageRows)
                {
                    EndPage();
                }
            }
        }

        if (count > 0)
        {
            EndPage();
        }

        return Chunk([element.Text(Name)], FixedBytes, rows, start, null, start, stream.Position);
    }
}
