namespace OnnxEmbed.Benchmarks.Measuring;

/// <summary>A table of text, first column left, the others right.</summary>
internal sealed class Table(params string[] columns)
{
    private readonly List<string[]> _rows = [columns];

    public void Row(params string[] cells) => _rows.Add(cells);

    public void Write(TextWriter to)
    {
        int[] widths = columns.Select((_, column) => _rows.Max(row => row[column].Length)).ToArray();
        foreach (string[] row in _rows)
        {
            to.WriteLine("  " + string.Join("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))).TrimEnd());
        }

        to.WriteLine();
    }
}
