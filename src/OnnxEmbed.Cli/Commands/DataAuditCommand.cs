using Cocona;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;

namespace OnnxEmbed.Cli.Commands;

/// <summary><c>data audit</c>: what gives the labels of a suite away.</summary>
internal sealed class DataAuditCommand(Session session)
{
    [Command("audit", Description = "Looks for what gives the labels of a number suite away. "
        + "Probes that see only sizes or digits, in no order, are fitted on train and scored on validation and test; "
        + "exit 1 where a property shows more than it declares.")]
    [Example("onnxembed data audit artifacts/numbers")]
    public async Task<int> Run(
        OutputOptions output,
        [Argument(Description = "Directory of the suite.")] string suite,
        [Option("properties", Description = "Properties to audit; all that are there unless given.", ValueName = "LIST")] string? properties = null,
        [Option("threads", Description = "Threads; all cores unless given. The figures do not depend on it.")] int? threads = null)
    {
        Result result = new();
        IReadOnlyList<string>? names = properties is null ? null : Lists.Names(properties);
        int status = await LeakAuditReport.AddAsync(session, output, result, suite, names, threads ?? session.DefaultThreads);
        ResultWriter.Write(session, output.ResultFormat, result);
        return status;
    }
}
