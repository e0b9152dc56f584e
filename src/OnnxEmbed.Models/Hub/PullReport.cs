namespace OnnxEmbed.Models.Hub;

/// <summary>What <see cref="Pull.RunAsync"/> downloaded.</summary>
/// <param name="Output">The directory.</param>
/// <param name="Commit">The commit that the revision stood for.</param>
/// <param name="Files">The files, in ordinal order.</param>
/// <param name="LeftOut">Files of the repository that were not taken.</param>
/// <param name="ReusedBytes">Bytes that an earlier attempt had left and that were not downloaded again.</param>
public sealed record PullReport(string Output, string Commit, IReadOnlyList<HubFile> Files, IReadOnlyList<string> LeftOut, long ReusedBytes);
