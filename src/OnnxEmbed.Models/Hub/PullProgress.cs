namespace OnnxEmbed.Models.Hub;

/// <summary>How far a download has come.</summary>
/// <param name="File">The file that is being downloaded.</param>
/// <param name="Bytes">Bytes on disk, of all files.</param>
/// <param name="TotalBytes">Bytes of all files.</param>
public sealed record PullProgress(string File, long Bytes, long TotalBytes);
