namespace OnnxEmbed.Models.Hub;

/// <summary>A file of a repository.</summary>
/// <param name="Path">Its path, with forward slashes.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Hash of a large file (Git LFS), 64 hexadecimal digits; null for a small one.</param>
/// <param name="BlobId">Git's name of the blob: the SHA-1 of a small file with its header, or of a large one's pointer.</param>
public sealed record HubFile(string Path, long Size, string? Sha256, string BlobId);
