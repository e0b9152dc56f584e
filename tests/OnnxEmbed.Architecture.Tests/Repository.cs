using System.Xml.Linq;

namespace OnnxEmbed.Architecture.Tests;

/// <summary>The checkout that the tests were built from: its projects, references and sources.</summary>
internal static class Repository
{
    public static readonly string Root = FindRoot();

    /// <summary>Names of the projects in src/, without the <c>OnnxEmbed.</c> prefix.</summary>
    public static IReadOnlyList<string> SourceProjects { get; } = Projects("src");

    /// <summary>Names of the projects in tests/, without the <c>OnnxEmbed.</c> prefix.</summary>
    public static IReadOnlyList<string> TestProjects { get; } = Projects("tests");

    /// <summary>What a project in src/ references directly, in the order of its file.</summary>
    public static IReadOnlyList<string> ReferencesOf(string project) => References(ProjectFile("src", project), "ProjectReference")
        .Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')))
        .Select(ShortName)
        .ToList();

    public static IReadOnlyList<string> PackagesOf(string folder, string project) =>
        References(ProjectFile(folder, project), "PackageReference").ToList();

    public static string ProjectFile(string folder, string project) =>
        Path.Combine(Root, folder, $"OnnxEmbed.{project}", $"OnnxEmbed.{project}.csproj");

    /// <summary>The C# files below a folder of the root, as paths relative to the root with forward slashes; build outputs left out.</summary>
    public static IEnumerable<string> Sources(string folder) => Directory
        .EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
        .Where(path => !path.Contains("/obj/") && !path.Contains("/bin/") && !path.Contains("/artifacts/"))
        .Order(StringComparer.Ordinal);

    public static string Read(string relativePath) => File.ReadAllText(Path.Combine(Root, relativePath));

    private static List<string> Projects(string folder) => Directory
        .EnumerateFiles(Path.Combine(Root, folder), "*.csproj", SearchOption.AllDirectories)
        .Select(Path.GetFileNameWithoutExtension)
        .Select(name => ShortName(name!))
        .Order(StringComparer.Ordinal)
        .ToList();

    private static string ShortName(string project) =>
        project.StartsWith("OnnxEmbed.", StringComparison.Ordinal) ? project["OnnxEmbed.".Length..] : project;

    private static IEnumerable<string> References(string projectFile, string element) => XDocument.Load(projectFile)
        .Descendants(element)
        .Select(reference => (string?)reference.Attribute("Include") ?? string.Empty);

    private static string FindRoot()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "OnnxEmbed.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"no OnnxEmbed.sln above {AppContext.BaseDirectory}: run the tests from a checkout");
    }
}
