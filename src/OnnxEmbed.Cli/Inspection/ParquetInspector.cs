using OnnxEmbed.Cli.Output;
using OnnxEmbed.Data;

namespace OnnxEmbed.Cli.Inspection;

/// <summary>What is in a Parquet file.</summary>
internal static class ParquetInspector
{
    public static async Task<Result> InspectAsync(string path, CancellationToken cancellation)
    {
        IReadOnlyList<ColumnSchema> columns = await ParquetRows.ReadSchemaAsync(path, cancellation);
        await using ParquetRows rows = await ParquetRows.OpenAsync(path, columns: null, cancellation);
        return new Result()
            .Fact("path", path)
            .Fact("kind", "parquet")
            .Fact("bytes", new FileInfo(path).Length)
            .Fact("rows", rows.RowCount)
            .Fact("row_groups", rows.RowGroupCount)
            .Table("columns", ["name", "type", "nullable"], columns.Select(column => new object?[] { column.Name, Words(column.Kind), column.Nullable }));
    }

    private static string Words(ColumnKind kind) => kind switch
    {
        ColumnKind.IntegerList => "list of integer",
        ColumnKind.DoubleList => "list of double",
        ColumnKind.FloatList => "list of float",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
