using System.Security.Cryptography;
using System.Text;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Hub;

/// <summary>Downloads a model directory from the Hugging Face hub.</summary>
/// <remarks>
/// Files are collected in <c>OUTPUT.partial/</c>, which a later call with the same output goes on from, and take the name of the output when
/// each has the size and hash that the hub announced. Nothing that was downloaded is executed.
/// </remarks>
public static class Pull
{
    private const string PartialSuffix = ".partial";
    private const string CommitFile = ".commit";

    /// <summary>Downloads a repository's files.</summary>
    /// <param name="options">What and where.</param>
    /// <param name="http">Sends requests; it must not follow redirects by itself.</param>
    /// <param name="time">Clock of the pauses between attempts.</param>
    /// <param name="progress">Told how many bytes are there.</param>
    /// <param name="cancellation">Stops it; what came stays for the next call.</param>
    /// <exception cref="OptionException">An option is wrong, or the output exists.</exception>
    /// <exception cref="HubException">The hub does not give it, or gave other bytes than announced.</exception>
    public static async Task<PullReport> RunAsync(
        PullOptions options, HttpMessageInvoker http, TimeProvider time, IProgress<PullProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        AtomicOutput.RefuseExistingDirectory(options.Output, options.Force);
        HubClient client = new(http, options, time);
        HubRepository repository = await client.RepositoryAsync(cancellation);
        (IReadOnlyList<HubFile> taken, IReadOnlyList<string> leftOut) = FileSelection.Of(repository.Files, options.Include, options.Exclude);
        if (taken.Count == 0)
        {
            throw new HubException(
                $"{options.Repository}: needs files that the patterns name, got none of {string.Join(", ", repository.Files.Select(file => file.Path).Take(20))}");
        }

        string output = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Output));
        string partial = output + PartialSuffix;
        Prepare(partial, $"{options.Repository} {repository.Commit}");
        long total = taken.Sum(file => file.Size);
        long done = 0;
        long reused = 0;
        foreach (HubFile file in taken)
        {
            string path = Path.Combine(partial, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            long there = File.Exists(path) ? Math.Min(new FileInfo(path).Length, file.Size) : 0;
            if (!(there == file.Size && IsWhole(path, file)))
            {
                if (there == file.Size)
                {
                    File.Delete(path);
                    there = 0;
                }

                await client.DownloadAsync(repository.Commit, file, path, length => progress?.Report(new PullProgress(file.Path, done + length, total)), cancellation);
                if (!IsWhole(path, file))
                {
                    File.Delete(path);
                    throw new HubException(
                        $"{options.Repository}: {file.Path} has other bytes than the hub announced ({file.Sha256 ?? file.BlobId}); they were deleted");
                }
            }

            done += file.Size;
            reused += there;
            progress?.Report(new PullProgress(file.Path, done, total));
        }

        Finish(partial, output, taken, options.Force);
        return new PullReport(output, repository.Commit, taken, leftOut, reused);
    }

    // What another repository or commit left is of no use.
    private static void Prepare(string partial, string source)
    {
        string marker = Path.Combine(partial, CommitFile);
        if (Directory.Exists(partial) && (!File.Exists(marker) || File.ReadAllText(marker) != source))
        {
            if (!File.Exists(marker) && Directory.EnumerateFileSystemEntries(partial).Any())
            {
                throw new OptionException($"{partial}: needs to be free for the download, it holds something else");
            }

            Directory.Delete(partial, recursive: true);
        }

        Directory.CreateDirectory(partial);
        File.WriteAllText(marker, source);
    }

    private static void Finish(string partial, string output, IReadOnlyList<HubFile> taken, bool force)
    {
        // An earlier attempt may have had other patterns: only what was asked for now comes along.
        HashSet<string> kept = [.. taken.Select(file => file.Path), CommitFile];
        foreach (string path in Directory.EnumerateFiles(partial, "*", SearchOption.AllDirectories).ToList())
        {
            if (!kept.Contains(Path.GetRelativePath(partial, path).Replace('\\', '/')))
            {
                File.Delete(path);
            }
        }

        using AtomicOutput directory = AtomicOutput.Directory(output, force);
        Directory.Delete(directory.TemporaryPath);
        Directory.Move(partial, directory.TemporaryPath);
        File.Delete(Path.Combine(directory.TemporaryPath, CommitFile));
        directory.Commit();
    }

    private static bool IsWhole(string path, HubFile file)
    {
        using FileStream stream = File.OpenRead(path);
        if (stream.Length != file.Size)
        {
            return false;
        }

        if (file.Sha256 is not null)
        {
            return Convert.ToHexStringLower(SHA256.HashData(stream)) == file.Sha256;
        }

#pragma warning disable CA5350 // Git names blobs by SHA-1; it is what the hub announces for small files.
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"blob {file.Size}\0")));
        byte[] buffer = new byte[1 << 16];
        int count;
        while ((count = stream.Read(buffer)) > 0)
        {
            hash.AppendData(buffer.AsSpan(0, count));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset()) == file.BlobId;
    }
}
