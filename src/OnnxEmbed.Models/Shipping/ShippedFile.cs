namespace OnnxEmbed.Models.Shipping;

/// <summary>One file of what was shipped.</summary>
/// <param name="Name">Path in the directory, with forward slashes.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Hash of its bytes, 64 lower-case hexadecimal digits.</param>
public sealed record ShippedFile(string Name, long Bytes, string Sha256);
