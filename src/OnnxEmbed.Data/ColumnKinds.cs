namespace OnnxEmbed.Data;

/// <summary>The words for column kinds, in error texts and listings.</summary>
internal static class ColumnKinds
{
    public static string Words(this ColumnKind kind) => kind switch
    {
        ColumnKind.String => "string",
        ColumnKind.Integer => "integer",
        ColumnKind.Double => "double",
        ColumnKind.Float => "float",
        ColumnKind.Boolean => "bool",
        ColumnKind.IntegerList => "list of integers",
        ColumnKind.DoubleList => "list of doubles",
        ColumnKind.FloatList => "list of floats",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    public static bool IsList(this ColumnKind kind) => kind is ColumnKind.IntegerList or ColumnKind.DoubleList or ColumnKind.FloatList;

    public static ColumnKind OfValue<T>()
        where T : unmanaged
    {
        return default(T) switch
        {
            long => ColumnKind.Integer,
            double => ColumnKind.Double,
            float => ColumnKind.Float,
            bool => ColumnKind.Boolean,
            _ => throw new NotSupportedException($"A column holds long, double, float or bool, not {typeof(T).Name}"),
        };
    }

    public static ColumnKind OfList<T>()
        where T : unmanaged
    {
        return default(T) switch
        {
            long => ColumnKind.IntegerList,
            double => ColumnKind.DoubleList,
            float => ColumnKind.FloatList,
            _ => throw new NotSupportedException($"A list column holds long, double or float, not {typeof(T).Name}"),
        };
    }

    /// <summary>The type of one value, of one list element for lists.</summary>
    public static Type ValueType(this ColumnKind kind) => kind switch
    {
        ColumnKind.String => typeof(string),
        ColumnKind.Integer or ColumnKind.IntegerList => typeof(long),
        ColumnKind.Double or ColumnKind.DoubleList => typeof(double),
        ColumnKind.Float or ColumnKind.FloatList => typeof(float),
        ColumnKind.Boolean => typeof(bool),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
