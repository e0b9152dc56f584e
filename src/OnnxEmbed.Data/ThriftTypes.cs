namespace OnnxEmbed.Data;

/// <summary>Types that the Parquet format fixes for the fields of one footer structure; fields that are not named may have any.</summary>
internal sealed class ThriftTypes
{
    public const int Bool = 1;
    public const int BoolFalse = 2;
    public const int Int32 = 5;
    public const int Int64 = 6;
    public const int Binary = 8;
    public const int List = 9;
    public const int Struct = 12;

    private static readonly ThriftTypes Int32s = new(Int32);
    private static readonly ThriftTypes Int64s = new(Int64);
    private static readonly ThriftTypes Strings = new(Binary);

    private static readonly ThriftTypes KeyValue = new(Struct, (1, Binary, null), (2, Binary, null));

    private static readonly ThriftTypes SchemaElement = new(
        Struct, (1, Int32, null), (2, Int32, null), (3, Int32, null), (4, Binary, null), (5, Int32, null), (6, Int32, null),
        (7, Int32, null),
        (8, Int32, null), (9, Int32, null), (10, Struct, null));

    private static readonly ThriftTypes Statistics = new(
        Struct, (1, Binary, null), (2, Binary, null), (3, Int64, null), (4, Int64, null), (5, Binary, null), (6, Binary, null),
        (7, Bool, null), (8, Bool, null));

    private static readonly ThriftTypes PageEncodingStats = new(Struct, (1, Int32, null), (2, Int32, null), (3, Int32, null));

    private static readonly ThriftTypes SizeStatistics = new(Struct, (1, Int64, null), (2, List, Int64s), (3, List, Int64s));

    private static readonly ThriftTypes ColumnMetaData = new(
        Struct, (1, Int32, null), (2, List, Int32s), (3, List, Strings), (4, Int32, null), (5, Int64, null), (6, Int64, null),
        (7, Int64, null),
        (8, List, KeyValue), (9, Int64, null), (10, Int64, null), (11, Int64, null), (12, Struct, Statistics),
        (13, List, PageEncodingStats),
        (14, Int64, null), (15, Int32, null), (16, Struct, SizeStatistics), (17, Struct, null));

    private static readonly ThriftTypes ColumnChunk = new(
        Struct, (1, Binary, null), (2, Int64, null), (3, Struct, ColumnMetaData), (4, Int64, null), (5, Int32, null),
        (6, Int64, null), (7, Int32, null),
        (8, Struct, null), (9, Binary, null));

    private static readonly ThriftTypes SortingColumn = new(Struct, (1, Int32, null), (2, Bool, null), (3, Bool, null));

    private static readonly ThriftTypes RowGroup = new(
        Struct, (1, List, ColumnChunk), (2, Int64, null), (3, Int64, null), (4, List, SortingColumn), (5, Int64, null),
        (6, Int64, null), (7, 4, null));

    private readonly Dictionary<int, (int Type, ThriftTypes? Inner)> _fields = [];

    private ThriftTypes(int elementType, params ReadOnlySpan<(int Id, int Type, ThriftTypes? Inner)> fields)
    {
        ElementType = elementType;
        foreach ((int id, int type, ThriftTypes? inner) in fields)
        {
            _fields.Add(id, (type, inner));
        }
    }

    /// <summary>The whole footer.</summary>
    public static ThriftTypes FileMetaData { get; } = new(
        Struct, (1, Int32, null), (2, List, SchemaElement), (3, Int64, null), (4, List, RowGroup), (5, List, KeyValue), (6, Binary, null),
        (7, List, new ThriftTypes(Struct)), (8, Struct, null), (9, Binary, null));

    /// <summary>Type of a list element that is described so.</summary>
    public int ElementType { get; }

    /// <summary>Type of a field and what is inside; type 0 where any will do.</summary>
    public (int Type, ThriftTypes? Inner) Of(int field) => _fields.GetValueOrDefault(field);
}
