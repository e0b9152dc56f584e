namespace OnnxEmbed.Architecture.Tests;

public sealed class ArchitectureTableTests
{
    [Fact]
    public void Parse_TableWithDashAndAll_ResolvesReferences()
    {
        const string Markdown = "text\n| project | may reference |\n|---|---|\n| `A` | - |\n| `B` | `A` | owns b |\n| `C` | all of the above |\n";
        (string Project, string References)[] rows = ArchitectureTable.Parse(Markdown)
            .Select(row => (row.Project, string.Join('+', row.MayReference)))
            .ToArray();
        Assert.Equal([("A", ""), ("B", "A"), ("C", "A+B")], rows);
    }
}
