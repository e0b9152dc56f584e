namespace OnnxEmbed.Cli.Output;

/// <summary>
/// What a command found: single facts and tables, in the order in which they are added. Names are JSON keys (snake_case). Values are
/// strings, numbers, booleans, null, or lists of them.
/// </summary>
internal sealed class Result
{
    public List<(string Name, object? Value)> Facts { get; } = [];

    public List<ResultTable> Tables { get; } = [];

    public Result Fact(string name, object? value)
    {
        Facts.Add((name, value));
        return this;
    }

    public Result Table(string name, IReadOnlyList<string> columns, IEnumerable<object?[]> rows)
    {
        Tables.Add(new ResultTable(name, columns, rows.ToList()));
        return this;
    }
}
