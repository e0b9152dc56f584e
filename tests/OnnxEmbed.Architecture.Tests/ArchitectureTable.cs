using System.Text.RegularExpressions;

namespace OnnxEmbed.Architecture.Tests;

/// <summary>The table of src/README.md: each project in data-flow order with the projects that it may reference.</summary>
internal static partial class ArchitectureTable
{
    public static IReadOnlyList<(string Project, IReadOnlyList<string> MayReference)> Rows { get; } = Parse(Repository.Read("src/README.md"));

    /// <summary>Rows have the form <c>| `Name` | `A`, `B` | … |</c>; a dash stands for nothing, "all of the above" for every earlier row.</summary>
    internal static IReadOnlyList<(string Project, IReadOnlyList<string> MayReference)> Parse(string markdown)
    {
        List<(string Project, IReadOnlyList<string> MayReference)> rows = [];
        foreach (string line in markdown.Split('\n'))
        {
            Match match = Row().Match(line);
            if (!match.Success)
            {
                continue;
            }

            string cell = match.Groups["references"].Value.Trim();
            IReadOnlyList<string> references = cell switch
            {
                "-" => [],
                "all of the above" => rows.Select(row => row.Project).ToList(),
                _ => Name().Matches(cell).Select(name => name.Groups[1].Value).ToList(),
            };
            rows.Add((match.Groups["project"].Value, references));
        }

        return rows;
    }

    [GeneratedRegex(@"^\|\s*`(?<project>[A-Za-z]+)`\s*\|(?<references>[^|]*)\|")]
    private static partial Regex Row();

    [GeneratedRegex("`([A-Za-z]+)`")]
    private static partial Regex Name();
}
