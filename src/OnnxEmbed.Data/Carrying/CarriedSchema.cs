using System.Buffers.Binary;
using static OnnxEmbed.Data.Carrying.ParquetSchemaFields;

namespace OnnxEmbed.Data.Carrying;

/// <summary>
/// The schema of a file whose columns are passed on. What a value means (a date, an unsigned or decimal number, a text) is taken away
/// before the Parquet library reads the schema and put back in the output's footer, so that values are copied and never converted. Columns of
/// bytes of fixed length are written without the library (<see cref="FixedPages"/>). Only 96-bit times, and fixed-length bytes within a nested column,
/// go through the library's own types; such a column is refused where that would change its type.
/// </summary>
internal sealed class CarriedSchema
{
    private static readonly string[] PhysicalTypes = ["bool", "int32", "int64", "int96", "float", "double", "byte array", "fixed-length bytes"];

    private readonly ThriftStruct[] _elements;

    private CarriedSchema(ThriftStruct footer, byte[] stripped, long dataLength)
    {
        _elements = [.. footer.Structs(Schema)];
        FixedColumns = TopLevel().Where(IsFixed).ToDictionary(element => element.Text(Name), StringComparer.Ordinal);
        StrippedFooter = stripped;
        DataLength = dataLength;
        RowCount = footer.Integer(FileRows);
    }

    /// <summary>The footer that the Parquet library is given.</summary>
    public byte[] StrippedFooter { get; }

    /// <summary>Bytes of the file before its footer.</summary>
    public long DataLength { get; }

    public long RowCount { get; }

    /// <summary>Elements as the file has them, the root first.</summary>
    public IReadOnlyList<ThriftStruct> Elements => _elements;

    /// <summary>Columns of bytes of fixed length, which are written without the library, by name.</summary>
    public IReadOnlyDictionary<string, ThriftStruct> FixedColumns { get; }

    /// <summary>Names and kinds of the columns, for error texts.</summary>
    public string Words => string.Join(", ", TopLevel().Select(element => $"{element.Text(Name)} ({Kind(element)})"));

    /// <summary>The footer of a file that <see cref="ParquetFooter"/> has passed, and the bytes before it.</summary>
    public static (byte[] Footer, long DataLength) ReadFooter(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Span<byte> tail = stackalloc byte[8];
        file.Seek(-tail.Length, SeekOrigin.End);
        file.ReadExactly(tail);
        byte[] footer = new byte[BinaryPrimitives.ReadInt32LittleEndian(tail)];
        long dataLength = file.Length - tail.Length - footer.Length;
        file.Seek(dataLength, SeekOrigin.Begin);
        file.ReadExactly(footer);
        return (footer, dataLength);
    }

    public static CarriedSchema Read(string path)
    {
        ParquetFooter.Check(path);
        (byte[] footer, long dataLength) = ReadFooter(path);
        ThriftStruct stripped = ThriftStruct.Read(footer);
        HashSet<ThriftStruct> columns = [.. TopLevel([.. stripped.Structs(Schema)])];
        foreach (ThriftStruct element in stripped.Structs(Schema).Where(element => IsPlain(element) || IsFloat16(element) || (columns.Contains(element) && IsFixed(element))))
        {
            element.Remove(ConvertedType);
            element.Remove(LogicalType);
        }

        foreach (ThriftStruct chunk in stripped.Structs(RowGroups).SelectMany(group => group.Structs(Columns)))
        {
            // Bounds of values would be read by types that the values no longer have.
            chunk.Struct(MetaData)?.Remove(Statistics);
        }

        return new CarriedSchema(ThriftStruct.Read(footer), stripped.ToBytes(), dataLength);
    }

    public bool Has(string column) => TopLevel().Any(element => element.Text(Name) == column);

    public bool IsText(string column) => TopLevel().Any(element => element.Text(Name) == column && Kind(element) == "string");

    /// <summary>Columns whose type the library would write another way, with what they are.</summary>
    public IReadOnlyList<string> Changed(IReadOnlyList<ThriftStruct> written)
    {
        List<string> changed = [];
        ThriftStruct[] wanted = [.. _elements.Where(element => !FixedColumns.Values.Contains(element))];
        string column = "";
        int depth = 0;
        for (int i = 1; i < wanted.Length; i++)
        {
            if (depth == 0)
            {
                column = wanted[i].Text(Name);
            }

            depth += (int)wanted[i].Integer(Children) - (depth > 0 ? 1 : 0);
            bool same = i < written.Count && ((int[])[ElementType, TypeLength, Repetition, Children, 7, 8]).All(field => IsSame(wanted[i], written[i], field))
                && wanted[i].Text(Name) == written[i].Text(Name);
            if (!same && changed.All(each => !each.StartsWith(column + " (", StringComparison.Ordinal)))
            {
                changed.Add($"{column} ({Kind(wanted[i])})");
            }
        }

        return changed;
    }

    /// <summary>Whether the leaf's meaning was taken away, so that no bounds of values may be written.</summary>
    public static bool IsPlain(ThriftStruct element) => element.Has(ElementType) && element.Integer(ElementType) is not (FixedBytes or 3);

    /// <summary>Whether the leaf holds 16-bit floating point numbers, a type that the library throws on.</summary>
    public static bool IsFloat16(ThriftStruct element) => element.Integer(ElementType) == FixedBytes && element.Struct(LogicalType)?.Has(LogicalFloat16) == true;

    private static bool IsFixed(ThriftStruct element) => element.Integer(ElementType, -1) == FixedBytes;

    /// <summary>The elements that are columns of the table, and not parts of one.</summary>
    public static IEnumerable<ThriftStruct> TopLevel(IReadOnlyList<ThriftStruct> elements)
    {
        long skip = 0;
        for (int i = 1; i < elements.Count; i++)
        {
            if (skip == 0)
            {
                yield return elements[i];
            }
            else
            {
                skip--;
            }

            skip += elements[i].Integer(Children);
        }
    }

    private static bool IsSame(ThriftStruct a, ThriftStruct b, int field) =>
        (field is 7 or 8 && IsPlain(a)) || (field == TypeLength && a.Integer(ElementType) != FixedBytes) || a.Integer(field, -1) == b.Integer(field, -1)
        || (field == Children && a.Integer(field) == b.Integer(field));

    private static string Kind(ThriftStruct element)
    {
        if (!element.Has(ElementType))
        {
            return element.Integer(ConvertedType, -1) == ConvertedList || element.Struct(LogicalType)?.Has(LogicalList) == true ? "list" : "structure";
        }

        bool text = element.Integer(ConvertedType, -1) == Utf8 || element.Struct(LogicalType)?.Has(LogicalString) == true;
        return text && element.Integer(ElementType) == ByteArray && element.Integer(Repetition) != Repeated ? "string" : PhysicalTypes[element.Integer(ElementType)];
    }

    private IEnumerable<ThriftStruct> TopLevel() => TopLevel(_elements);
}
