using System.Text.RegularExpressions;

namespace OnnxEmbed.Architecture.Tests;

/// <summary>Rules that hold for every source file; each failure names the file and what it should have been.</summary>
public sealed partial class SourceRuleTests
{
    private const int MaximumLines = 500;

    /// <summary>Ambient state that a library must be given instead: clock, randomness, thread count.</summary>
    private static readonly (string Pattern, string Instead)[] Ambient =
    [
        (@"\bDateTime(Offset)?\.(Utc)?Now\b", "a TimeProvider"),
        (@"\bDateTime\.Today\b", "a TimeProvider"),
        (@"\bRandom\.Shared\b", "a generator with a given seed"),
        (@"\bnew Random\(\)", "a generator with a given seed"),
        (@"\bEnvironment\.ProcessorCount\b", "a degree of parallelism"),
        (@"\bEnvironment\.TickCount", "a TimeProvider"),
    ];

    [Fact]
    public void Libraries_AmbientState_IsPassedIn()
    {
        IEnumerable<string> faults =
            from path in Repository.Sources("src")
            where !path.StartsWith("src/OnnxEmbed.Cli/", StringComparison.Ordinal)
            let text = Repository.Read(path)
            from rule in Ambient
            from Match match in Regex.Matches(text, rule.Pattern)
            select $"{path}: {match.Value} needs to be {rule.Instead}";
        Assert.Empty(faults);
    }

    [Fact]
    public void Sources_UnfinishedMarks_AreAbsent()
    {
        IEnumerable<string> faults =
            from path in Repository.Sources("src")
            from Match match in Unfinished().Matches(Repository.Read(path))
            select $"{path}: {match.Value}";
        Assert.Empty(faults);
    }

    [Fact]
    public void Sources_Namespace_IsTheFolder()
    {
        List<string> faults = [];
        foreach (string path in Repository.Sources("src").Concat(Repository.Sources("tests")))
        {
            Match match = FileNamespace().Match(Repository.Read(path));
            string folder = path[(path.IndexOf('/') + 1)..path.LastIndexOf('/')].Replace('/', '.');
            if (match.Success && match.Groups[1].Value != folder)
            {
                faults.Add($"{path}: namespace {match.Groups[1].Value} needs to be {folder}");
            }
        }

        Assert.Empty(faults);
    }

    [Fact]
    public void Sources_EachFile_HoldsOneTopLevelTypeOfItsName()
    {
        List<string> faults = [];
        foreach (string path in Repository.Sources("src"))
        {
            string expected = Path.GetFileName(path).Split('.', '{')[0];
            string[] types = TopLevelType().Matches(Repository.Read(path)).Select(match => match.Groups["name"].Value).ToArray();
            if (types.Length > 1)
            {
                faults.Add($"{path}: needs one top-level type, has {string.Join(", ", types)}");
            }
            else if (types.Length == 1 && types[0] != expected)
            {
                faults.Add($"{path}: holds {types[0]}");
            }
        }

        Assert.Empty(faults);
    }

    [Fact]
    public void Sources_Length_StaysBelowTheLimit() =>
        Assert.Empty(Repository.Sources("src")
            .Select(path => (path, Lines: Repository.Read(path).AsSpan().Count('\n')))
            .Where(file => file.Lines > MaximumLines)
            .Select(file => $"{file.path}: {file.Lines} lines, at most {MaximumLines}"));

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|NotImplementedException)\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex FileNamespace();

    /// <summary>With file-scoped namespaces a top-level type starts in column 0.</summary>
    [GeneratedRegex(@"^(?:(?:public|internal|file|static|sealed|abstract|partial|readonly|ref|unsafe) )*(?:class|struct|record struct|record class|record|interface|enum) (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex TopLevelType();
}
