namespace OnnxEmbed.Merging.Reports;

/// <summary>A file that a merge wrote or read, and whether it is still what it was.</summary>
/// <param name="Role">result, or what it went into the merge as: <c>model 1</c>, <c>base</c>, <c>model 1 adapter</c>.</param>
/// <param name="File">Its name within the result, or within what it is a file of.</param>
/// <param name="Sha256">Hash of its bytes when the merge was made, 64 lower-case hexadecimal digits.</param>
/// <param name="State">What became of it.</param>
public sealed record ManifestFile(string Role, string File, string Sha256, ManifestState State);
