namespace OnnxEmbed.Architecture.Tests;

public sealed class ProjectReferenceTests
{
    [Fact]
    public void Table_SourceFolder_ListsEveryProjectOnce() =>
        Assert.Equal(Repository.SourceProjects, ArchitectureTable.Rows.Select(row => row.Project).Order(StringComparer.Ordinal));

    [Fact]
    public void Table_Rows_StandInDataFlowOrder()
    {
        List<string> earlier = [];
        foreach ((string project, IReadOnlyList<string> references) in ArchitectureTable.Rows)
        {
            Assert.All(references, reference => Assert.True(earlier.Contains(reference), $"src/README.md: {project} may reference {reference}, which stands below it"));
            earlier.Add(project);
        }
    }

    [Fact]
    public void Projects_DirectReferences_AreThoseTheTableAllows()
    {
        List<string> faults = [];
        foreach ((string project, IReadOnlyList<string> allowed) in ArchitectureTable.Rows)
        {
            HashSet<string> reachable = Closure(allowed);
            faults.AddRange(Repository.ReferencesOf(project)
                .Where(reference => !reachable.Contains(reference))
                .Select(reference => $"OnnxEmbed.{project}.csproj references {reference}; src/README.md allows {string.Join(", ", allowed)}"));
        }

        Assert.Empty(faults);
    }

    [Fact]
    public void Projects_TrainingMergingEvaluation_DoNotReachEachOther()
    {
        string[] peers = ["Training", "Merging", "Evaluation"];
        Assert.All(peers, peer => Assert.Empty(Closure([peer]).Intersect(peers.Where(other => other != peer))));
    }

    [Fact]
    public void Tests_SourceProjects_AreMirrored() =>
        Assert.Empty(Repository.SourceProjects.Select(project => $"{project}.Tests").Except(Repository.TestProjects));

    [Fact]
    public void Packages_TorchSharp_IsNamedByBenchmarksOnly()
    {
        IEnumerable<string> users = Repository.SourceProjects.Select(project => ("src", project))
            .Concat(Repository.TestProjects.Select(project => ("tests", project)))
            .Where(at => Repository.PackagesOf(at.Item1, at.Item2).Any(package => package.StartsWith("TorchSharp", StringComparison.Ordinal)))
            .Select(at => at.Item2);
        Assert.DoesNotContain(users, user => user != "Benchmarks");
    }

    /// <summary>The named projects and what they may reach through allowed references.</summary>
    private static HashSet<string> Closure(IEnumerable<string> projects)
    {
        Dictionary<string, IReadOnlyList<string>> table = ArchitectureTable.Rows.ToDictionary(row => row.Project, row => row.MayReference);
        HashSet<string> reached = [];
        Stack<string> open = new(projects);
        while (open.TryPop(out string? project))
        {
            if (reached.Add(project))
            {
                foreach (string next in table[project])
                {
                    open.Push(next);
                }
            }
        }

        return reached;
    }
}
