using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Data.Audit;

namespace OnnxEmbed.Cli.Commands;

/// <summary>Runs the leak audit of a suite and shows it as a table.</summary>
internal static class LeakAuditReport
{
    /// <summary>Adds the audit's table to a result; what exceeds its bound becomes a line on stderr.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> AddAsync(
        Session session, OutputOptions output, Result result, string directory, IReadOnlyList<string>? properties, int threads)
    {
        IReadOnlyList<LeakAuditRow> rows;
        using (ProgressLine line = new(session, output.Quiet))
        {
            rows = await LeakAudit.RunAsync(
                directory,
                properties,
                threads,
                new SynchronousProgress<LeakAuditRow>(row => line.Report("auditing", null, row.Property)),
                session.Cancellation);
        }

        result.Table(
            "audit",
            ["property", "tier", "linear_magnitude_auc", "tree_magnitude_auc", "magnitude_bound", "digits_auc", "digits_bound", "standard_error", "rows", "verdict"],
            rows.Select(row => new object?[]
            {
                row.Property,
                $"T{(int)row.Tier}",
                row.LinearMagnitude,
                row.TreeMagnitude,
                row.Bounds.Magnitude,
                row.Digits,
                row.Bounds.Digits,
                row.StandardError,
                row.TestRows,
                row.Exceeds ? "exceeds" : "keeps",
            }));
        foreach (string excess in rows.SelectMany(row => row.Excesses()))
        {
            session.Stderr.WriteLine($"onnxembed: {excess}");
        }

        return rows.Any(row => row.Exceeds) ? ExitStatus.Failed : ExitStatus.Done;
    }
}
