namespace OnnxEmbed.Cli.Output;

/// <summary>Rows under named columns; each row has one value a column.</summary>
internal sealed record ResultTable(string Name, IReadOnlyList<string> Columns, IReadOnlyList<object?[]> Rows);
