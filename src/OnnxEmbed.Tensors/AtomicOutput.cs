using System.Diagnostics;
using System.Globalization;

namespace OnnxEmbed.Tensors;

/// <summary>
/// A file or directory that appears whole or not at all: it is written under a temporary name beside its target and renamed by
/// <see cref="Commit"/>. <see cref="Dispose"/> without a commit deletes what was written, and parent directories made for it.
/// </summary>
/// <example><code>
/// using AtomicOutput output = AtomicOutput.File("model.onnx", force: false);
/// File.WriteAllBytes(output.TemporaryPath, bytes);
/// output.Commit();
/// </code></example>
public sealed class AtomicOutput : IDisposable
{
    private const string Suffix = ".tmp";

    /// <summary>End of the name of the list of files that are getting their names together.</summary>
    private const string List = ".commit";

    /// <summary>What a directory that is being replaced is called meanwhile: the temporary name and this.</summary>
    private const string Aside = ".old";

    private static int _counter;

    private readonly bool _isDirectory;
    private readonly bool _force;
    private readonly string? _createdParent;
    private bool _finished;

    private AtomicOutput(string target, bool isDirectory, bool force)
    {
        TargetPath = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        _isDirectory = isDirectory;
        _force = force;
        string parent = Path.GetDirectoryName(TargetPath)
            ?? throw new OptionException($"{target}: needs a path below the root directory");
        ClearAway(TargetPath);
        RefuseExisting();
        _createdParent = CreateMissing(parent);
        string name = Path.GetFileName(TargetPath);
        do
        {
            // The process and a counter name it, since a library draws no random numbers.
            TemporaryPath = Path.Combine(parent, $"{Prefix(name)}{Environment.ProcessId}-{Interlocked.Increment(ref _counter)}{Suffix}");
        }
        while (Path.Exists(TemporaryPath));
        if (isDirectory)
        {
            System.IO.Directory.CreateDirectory(TemporaryPath);
        }
    }

    /// <summary>Full path under which the output appears.</summary>
    public string TargetPath { get; }

    /// <summary>Where to write: the name of a file that does not exist yet, or an empty directory.</summary>
    public string TemporaryPath { get; }

    /// <summary>Begins a file.</summary>
    /// <param name="path">Where it shall appear; missing parent directories are made.</param>
    /// <param name="force">Whether a file of that name is replaced.</param>
    /// <exception cref="OptionException">The path is taken: by a file without <paramref name="force"/>, or by a directory.</exception>
    public static AtomicOutput File(string path, bool force) => new(path, isDirectory: false, force);

    /// <summary>Begins a directory.</summary>
    /// <param name="path">Where it shall appear; missing parent directories are made, and an empty directory of that name counts as free.</param>
    /// <param name="force">Whether a directory of that name is replaced with everything in it.</param>
    /// <exception cref="OptionException">The path is taken: by a directory without <paramref name="force"/>, or by a file.</exception>
    public static AtomicOutput Directory(string path, bool force) => new(path, isDirectory: true, force);

    /// <summary>Throws where <see cref="File"/> would: for commands that want to know before they work for an hour.</summary>
    /// <exception cref="OptionException">The path is taken.</exception>
    public static void RefuseExistingFile(string path, bool force) => Refuse(Path.GetFullPath(path), isDirectory: false, force);

    /// <summary>Throws where <see cref="Directory"/> would: for commands that want to know before they work for an hour.</summary>
    /// <exception cref="OptionException">The path is taken.</exception>
    public static void RefuseExistingDirectory(string path, bool force) => Refuse(Path.GetFullPath(path), isDirectory: true, force);

    /// <summary>Gives the output its name.</summary>
    /// <exception cref="OptionException">Something of that name has appeared meanwhile.</exception>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        if (!_isDirectory)
        {
            RefuseExisting();
            System.IO.File.Move(TemporaryPath, TargetPath, overwrite: _force);
        }
        else
        {
            ReplaceDirectory();
        }

        _finished = true;
    }

    /// <summary>
    /// Gives several files their names, in this order, so that all of them appear or none. A process that is killed between two of them leaves a
    /// list of the rest, by which <see cref="Recover"/> ends what it began.
    /// </summary>
    /// <param name="outputs">The files, in one directory.</param>
    /// <param name="main">The one whose name <see cref="Recover"/> is given.</param>
    /// <exception cref="OptionException">Something of one of the names has appeared meanwhile.</exception>
    public static void CommitTogether(IReadOnlyList<AtomicOutput> outputs, AtomicOutput main)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(main);
        foreach (AtomicOutput output in outputs)
        {
            output.RefuseExisting();
        }

        string list = Announce(outputs, main);
        try
        {
            foreach (AtomicOutput output in outputs)
            {
                output.Commit();
            }
        }
        finally
        {
            System.IO.File.Delete(list);
        }
    }

    /// <summary>Ends what a process of this machine that was killed in <see cref="CommitTogether"/> had begun; nothing else is touched.</summary>
    /// <param name="path">Name of the main one of the files.</param>
    public static void Recover(string path)
    {
        string target = Path.GetFullPath(path);
        string parent = Path.GetDirectoryName(target)!;
        foreach (string list in Left(target).Where(left => left.EndsWith(List, StringComparison.Ordinal)).ToArray())
        {
            foreach (string name in System.IO.File.ReadAllLines(list))
            {
                // Each line is a temporary name, which tells the final one; whatever else stands there is none of ours.
                string temporary = Path.Combine(parent, Path.GetFileName(name));
                int end = name.LastIndexOf($".{Environment.MachineName}-", StringComparison.Ordinal);
                if (end > 1 && name[0] == '.' && name.EndsWith(Suffix, StringComparison.Ordinal) && System.IO.File.Exists(temporary))
                {
                    System.IO.File.Move(temporary, Path.Combine(parent, Path.GetFileName(name[1..end])), overwrite: true);
                }
            }

            System.IO.File.Delete(list);
        }
    }

    /// <summary>Writes the list of files that are to get their names; from here on all of them will.</summary>
    internal static string Announce(IReadOnlyList<AtomicOutput> outputs, AtomicOutput main)
    {
        string list = Path.ChangeExtension(main.TemporaryPath, List);
        System.IO.File.WriteAllLines(list + Suffix, outputs.Select(output => Path.GetFileName(output.TemporaryPath)));
        System.IO.File.Move(list + Suffix, list);
        return list;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_finished)
        {
            return;
        }

        _finished = true;
        Delete(TemporaryPath);
        for (string? made = Path.GetDirectoryName(TargetPath); made is not null && _createdParent is not null; made = Path.GetDirectoryName(made))
        {
            if (!System.IO.Directory.Exists(made) || System.IO.Directory.EnumerateFileSystemEntries(made).Any())
            {
                break;
            }

            System.IO.Directory.Delete(made);
            if (made == _createdParent)
            {
                break;
            }
        }
    }

    /// <summary>
    /// Deletes what processes of this machine that were killed have left beside a target under temporary names. A directory that one of them had
    /// moved aside returns if its successor did not come into its place.
    /// </summary>
    private static void ClearAway(string target)
    {
        Recover(target);
        foreach (string left in Left(target))
        {
            if (left.EndsWith(Suffix + Aside, StringComparison.Ordinal) && !Path.Exists(target))
            {
                System.IO.Directory.Move(left, target);
            }
            else if (left.EndsWith(Suffix, StringComparison.Ordinal) || left.EndsWith(Suffix + Aside, StringComparison.Ordinal))
            {
                Delete(left);
            }
        }
    }

    /// <summary>What processes of this machine that are gone have left beside a target.</summary>
    private static IEnumerable<string> Left(string target)
    {
        string parent = Path.GetDirectoryName(target)!;
        string prefix = Prefix(Path.GetFileName(target));
        return (System.IO.Directory.Exists(parent) ? System.IO.Directory.GetFileSystemEntries(parent, prefix + "*") : [])
            .Where(left => int.TryParse(
                Path.GetFileName(left)[prefix.Length..].Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int id) && !IsRunning(id));
    }

    /// <summary>Names tell the machine, too: on a shared disk a process of another one may be at work.</summary>
    private static string Prefix(string name) => $".{name}.{Environment.MachineName}-";

    private static bool IsRunning(int process)
    {
        try
        {
            using Process found = Process.GetProcessById(process);
            return !found.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static void Refuse(string target, bool isDirectory, bool force)
    {
        if (isDirectory)
        {
            if (System.IO.File.Exists(target))
            {
                throw new OptionException($"{target}: needs the name of a directory, got a file");
            }

            if (!force && System.IO.Directory.Exists(target) && System.IO.Directory.EnumerateFileSystemEntries(target).Any())
            {
                throw new OptionException($"{target}: exists and is not empty; --force replaces it");
            }
        }
        else if (System.IO.Directory.Exists(target))
        {
            throw new OptionException($"{target}: needs the name of a file, got a directory");
        }
        else if (!force && System.IO.File.Exists(target))
        {
            throw new OptionException($"{target}: exists; --force replaces it");
        }
    }

    private static void Delete(string path)
    {
        if (System.IO.Directory.Exists(path))
        {
            System.IO.Directory.Delete(path, recursive: true);
        }
        else if (System.IO.File.Exists(path))
        {
            System.IO.File.Delete(path);
        }
    }

    /// <summary>Makes a directory and those above it; returns the topmost one made, or null.</summary>
    private static string? CreateMissing(string directory)
    {
        string? top = null;
        for (string? at = directory; at is not null && !System.IO.Directory.Exists(at); at = Path.GetDirectoryName(at))
        {
            if (System.IO.File.Exists(at))
            {
                throw new OptionException($"{directory}: needs a directory, but {at} is a file");
            }

            top = at;
        }

        System.IO.Directory.CreateDirectory(directory);
        return top;
    }

    private void RefuseExisting() => Refuse(TargetPath, _isDirectory, _force);

    private void ReplaceDirectory()
    {
        RefuseExisting();
        if (!System.IO.Directory.Exists(TargetPath))
        {
            System.IO.Directory.Move(TemporaryPath, TargetPath);
            return;
        }

        // Directories cannot be exchanged in one step portably: the old one steps aside, and returns if the new one cannot take its place.
        string aside = TemporaryPath + Aside;
        System.IO.Directory.Move(TargetPath, aside);
        try
        {
            System.IO.Directory.Move(TemporaryPath, TargetPath);
        }
        catch
        {
            System.IO.Directory.Move(aside, TargetPath);
            throw;
        }

        Delete(aside);
    }
}
