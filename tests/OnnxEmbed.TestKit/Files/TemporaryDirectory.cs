namespace OnnxEmbed.TestKit.Files;

/// <summary>A fresh empty directory below the system's temporary folder, deleted with everything in it on dispose.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    /// <summary>Makes the directory.</summary>
    public TemporaryDirectory() => Path = Directory.CreateTempSubdirectory("onnxembed-test-").FullName;

    /// <summary>Full path of the directory.</summary>
    public string Path { get; }

    /// <summary>Full path of a file or directory in it, which need not exist.</summary>
    public string this[params string[] parts] => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Writes a text file (UTF-8, no byte order mark) and returns its full path; missing folders are made.</summary>
    public string Write(string name, string text)
    {
        string path = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Paths of all files in it relative to it, '/' between the parts, in ordinal order: what a command left behind.</summary>
    public IReadOnlyList<string> Files() =>
    [
        .. Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories)
            .Select(file => System.IO.Path.GetRelativePath(Path, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal),
    ];

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
