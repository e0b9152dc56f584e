using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OnnxEmbed.Data.Carrying;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Embedders;

/// <summary>
/// The directory <c>E.partial</c> in which a long embedding keeps its work: <c>job.json</c> says what is embedded and how,
/// <c>rows.parquet</c> grows by one row group a window, and <c>parts.log</c> has a line for each row group that is on the disk: the
/// hash of the rest of the line, and what is known of the row group, as JSON. A line is written after the bytes it speaks of, so a killed process
/// leaves at most a row group without its line, or half a line; both are cut off.
/// </summary>
internal sealed class EmbedJournal
{
    private const string JobName = "job.json";
    private const string RowsName = "rows.parquet";
    private const string PartsName = "parts.log";

    private readonly string _directory;

    public EmbedJournal(string directory) => _directory = directory;

    public string RowsPath => Path.Combine(_directory, RowsName);

    private string JobPath => Path.Combine(_directory, JobName);

    private string PartsPath => Path.Combine(_directory, PartsName);

    /// <summary>Removes what a process has left that was killed after its output had its name.</summary>
    public void ClearFinished(string outputPath)
    {
        if (File.Exists(outputPath) && Directory.Exists(_directory) && !File.Exists(RowsPath) && IsOurs())
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    /// <summary>Makes the directory, or checks that the one that is there holds the same work.</summary>
    /// <returns>Whether there is work to go on with.</returns>
    /// <exception cref="OptionException">It holds other work, or is no directory of ours.</exception>
    public bool Open(SortedDictionary<string, string> job, bool restart)
    {
        if (File.Exists(_directory) || (Directory.Exists(_directory) && !IsOurs()))
        {
            throw new OptionException($"{_directory}: needs to be free for work under way, something else is there");
        }

        Directory.CreateDirectory(_directory);
        if (!File.Exists(JobPath) || restart)
        {
            return false;
        }

        IReadOnlyList<string> differences = EmbedJob.Differences(EmbedJob.Read(JobPath), job);
        return differences.Count == 0
            ? true
            : throw new OptionException(
                $"{_directory}: holds rows of other work: {string.Join("; ", differences)}; give the same again to go on, or --restart to begin anew");
    }

    /// <summary>Begins anew; the caller has the rows open, so that no other process does.</summary>
    public void Begin(SortedDictionary<string, string> job)
    {
        File.Delete(PartsPath);
        using AtomicOutput output = AtomicOutput.File(JobPath, force: true);
        File.WriteAllText(output.TemporaryPath, EmbedJob.ToJson(job));
        output.Commit();
    }

    /// <summary>The parts that have a whole line, with what was counted in them.</summary>
    public IEnumerable<(CarriedPart Part, EmbedProgress Counts)> Read()
    {
        if (!File.Exists(PartsPath))
        {
            yield break;
        }

        foreach (string line in File.ReadLines(PartsPath))
        {
            if (Parse(line) is not { } whole)
            {
                yield break;
            }

            yield return whole;
        }
    }

    /// <summary>Keeps the first lines only.</summary>
    public void Keep(int parts)
    {
        if (!File.Exists(PartsPath))
        {
            return;
        }

        using AtomicOutput output = AtomicOutput.File(PartsPath, force: true);
        File.WriteAllLines(output.TemporaryPath, File.ReadLines(PartsPath).Take(parts));
        output.Commit();
    }

    /// <summary>Notes a part, down to the disk.</summary>
    public void Append(CarriedPart part, EmbedProgress counts)
    {
        JsonObject line = new()
        {
            ["rows"] = part.Rows,
            ["offset"] = part.Offset,
            ["length"] = part.Length,
            ["sha256"] = part.Sha256,
            ["tokens"] = counts.Tokens,
            ["truncated"] = counts.TruncatedTexts,
            ["nulls"] = counts.NullTexts,
            ["row_group"] = Convert.ToBase64String(part.RowGroup.Span),
        };
        using FileStream file = new(PartsPath, FileMode.Append, FileAccess.Write, FileShare.Read);
        string json = line.ToJsonString();
        file.Write(Encoding.UTF8.GetBytes($"{HashOf(json)} {json}\n"));
        file.Flush(flushToDisk: true);
    }

    /// <summary>Gives the rows their name and removes the directory.</summary>
    public void Finish(string outputPath, bool force)
    {
        AtomicOutput.RefuseExistingFile(outputPath, force);
        File.Move(RowsPath, outputPath, overwrite: force);
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Removes a directory in which nothing was finished.</summary>
    public void Remove() => Directory.Delete(_directory, recursive: true);

    // Null for half a line or one that was changed.
    private static (CarriedPart Part, EmbedProgress Counts)? Parse(string line)
    {
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0 || HashOf(line[(space + 1)..]) != line[..space])
        {
            return null;
        }

        JsonField json = JsonField.Parse(PartsName, Encoding.UTF8.GetBytes(line[(space + 1)..]));
        long Number(string name) => (long)json[name].AsUInt64();
        CarriedPart part = new(
            Number("rows"), Number("offset"), Number("length"), json["sha256"].AsString(), Convert.FromBase64String(json["row_group"].AsString()));
        return (part, new EmbedProgress(part.Rows, 0, Number("tokens"), Number("truncated"), Number("nulls")));
    }

    private static string HashOf(string json) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)));

    private bool IsOurs() => Directory.EnumerateFileSystemEntries(_directory).Select(Path.GetFileName)
        .All(name => name is JobName or RowsName or PartsName
            || name!.StartsWith($".{JobName}.", StringComparison.Ordinal) || name.StartsWith($".{PartsName}.", StringComparison.Ordinal));
}
