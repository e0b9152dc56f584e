using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>verify</c>: whether a merge is what it was.</summary>
internal sealed class VerifyCommand(Session session)
{
    [Command("verify", Description = "Recomputes the hashes that a merge recorded. "
        + "Files of the result must be there and unchanged; models and adapters that went in are checked where the resolved recipe finds "
        + "them.")]
    [Example("onnxembed verify artifacts/merged")]
    public int Run(OutputOptions output,
        [Argument(Description = "Merged package, or bare file merged with --manifest.", Name = "out")] string path)
    {
        IReadOnlyList<ManifestFile> files = MergeManifest.Check(path);
        ResultWriter.Write(session, output.ResultFormat, new Result()
            .Fact("out", path)
            .Fact("same", files.Count(file => file.State == ManifestState.Same))
            .Fact("changed", files.Count(file => file.State == ManifestState.Changed))
            .Fact("missing", files.Count(file => file.State == ManifestState.Missing))
            .Table("files", ["role", "file", "state", "sha256"],
                files.Select(file => new object?[] { file.Role, file.File, Word(file.State), file.Sha256 })));
        string[] faults =
        [
            .. files.Where(file => file.State == ManifestState.Changed
                || (file.State == ManifestState.Missing && file.Role == MergeManifest.ResultRole))
                .Select(Fault),
        ];
        return faults.Length == 0 ? ExitStatus.Done
            : throw new DataException($"{path}: needs the files of the merge as they were: {string.Join("; ", faults)}");
    }

    private static string Fault(ManifestFile file)
    {
        string owner = file.Role == MergeManifest.ResultRole ? "" : file.Role + " ";
        return owner + file.File + (file.State == ManifestState.Changed ? " has other bytes" : " is missing");
    }

    private static string Word(ManifestState state) => state.ToString().ToLowerInvariant();
}
