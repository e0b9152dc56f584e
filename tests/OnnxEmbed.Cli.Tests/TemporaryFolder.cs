namespace OnnxEmbed.Cli.Tests;

/// <summary>A folder that goes with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("onnxembed-cli-");

    public string Root => _folder.FullName;

    /// <summary>What is in the folder, relative, with forward slashes, sorted.</summary>
    public IReadOnlyList<string> Entries => _folder.EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
        .Select(entry => Path.GetRelativePath(Root, entry.FullName).Replace('\\', '/'))
        .Order(StringComparer.Ordinal)
        .ToList();

    public string this[string name] => Path.Combine(Root, name);

    public string Write(string name, ReadOnlySpan<byte> bytes)
    {
        string path = this[name];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes.ToArray());
        return path;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
