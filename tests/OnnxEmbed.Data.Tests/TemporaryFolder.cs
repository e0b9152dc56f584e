namespace OnnxEmbed.Data.Tests;

/// <summary>A folder for one test, deleted with everything in it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("onnxembed-data-").FullName;

    public string this[string name] => Path.Combine(_path, name);

    public IEnumerable<string> Entries() => Directory.EnumerateFileSystemEntries(_path).Select(entry => Path.GetFileName(entry)!);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
