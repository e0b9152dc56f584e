using OnnxEmbed.Models.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Hub;

/// <summary>A revision of a repository: what <c>GET /api/models/ID/revision/REVISION?blobs=true</c> tells.</summary>
/// <param name="Commit">The commit, 40 hexadecimal digits.</param>
/// <param name="Files">All files.</param>
internal sealed record HubRepository(string Commit, IReadOnlyList<HubFile> Files)
{
    private const int LongestPath = 1024;

    public static HubRepository Parse(string address, ReadOnlyMemory<byte> json)
    {
        JsonField root = JsonField.Parse(address, json);
        string commit = root["sha"].AsString();
        if (!IsHex(commit, 40))
        {
            throw root["sha"].Fault("a commit of 40 hexadecimal digits");
        }

        List<HubFile> files = [];
        FaultList faults = new();
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        foreach (JsonField field in root["siblings"].Items())
        {
            HubFile? file = faults.Value(() => Read(field), null);
            if (file is not null && !names.Add(file.Path))
            {
                faults.Add($"{address}: needs file names that differ in more than case, got '{file.Path}' twice");
            }

            if (file is not null)
            {
                files.Add(file);
            }
        }

        faults.ThrowIfAny();
        return new HubRepository(commit, [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)]);
    }

    private static HubFile Read(JsonField field)
    {
        string path = field["rfilename"].AsString();
        if (path.Length is 0 or > LongestPath || path.Contains('\\', StringComparison.Ordinal) || path.Contains(':', StringComparison.Ordinal)
            || path.Any(char.IsControl) || path.Split('/').Any(part => part is "" or "." or ".."))
        {
            throw field["rfilename"].Fault("a relative path inside the repository");
        }

        JsonField lfs = field["lfs"];
        double size = (lfs.Exists ? lfs["size"] : field["size"]).AsDouble();
        if (size < 0 || size != Math.Floor(size))
        {
            throw field["size"].Fault("a number of bytes");
        }

        string? sha = lfs.Exists ? (lfs["sha256"].Exists ? lfs["sha256"] : lfs["oid"]).AsString() : null;
        if (sha is not null && !IsHex(sha, 64))
        {
            throw lfs.Fault("a SHA-256 of 64 hexadecimal digits");
        }

        string blob = field["blobId"].AsString();
        return IsHex(blob, 40) ? new HubFile(path, (long)size, sha?.ToLowerInvariant(), blob.ToLowerInvariant()) : throw field["blobId"].Fault("40 hexadecimal digits");
    }

    private static bool IsHex(string text, int length) => text.Length == length && text.All(char.IsAsciiHexDigit);
}
