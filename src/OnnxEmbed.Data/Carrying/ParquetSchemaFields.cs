namespace OnnxEmbed.Data.Carrying;

/// <summary>
/// Field numbers and values of the Parquet footer
/// (https://github.com/apache/parquet-format/blob/apache-parquet-format-2.11.0/src/main/thrift/parquet.thrift).
/// </summary>
internal static class ParquetSchemaFields
{
    // FileMetaData
    public const int Schema = 2;
    public const int FileRows = 3;
    public const int RowGroups = 4;

    // SchemaElement
    public const int ElementType = 1;
    public const int TypeLength = 2;
    public const int Repetition = 3;
    public const int Name = 4;
    public const int Children = 5;
    public const int ConvertedType = 6;
    public const int LogicalType = 10;

    // RowGroup
    public const int Columns = 1;
    public const int TotalByteSize = 2;
    public const int GroupRows = 3;

    // ColumnChunk, ColumnMetaData
    public const int FileOffset = 2;
    public const int MetaData = 3;
    public const int PathInSchema = 3;
    public const int Statistics = 12;

    // Type
    public const int Int32Values = 1;
    public const int FloatValues = 4;
    public const int ByteArray = 6;
    public const int FixedBytes = 7;

    // FieldRepetitionType
    public const int Required = 0;
    public const int Optional = 1;
    public const int Repeated = 2;

    // ConvertedType and fields of the union LogicalType
    public const int Utf8 = 0;
    public const int ConvertedList = 3;
    public const int ConvertedInt8 = 15;
    public const int LogicalString = 1;
    public const int LogicalList = 3;
    public const int LogicalInteger = 10;
    public const int LogicalFloat16 = 15;
}
