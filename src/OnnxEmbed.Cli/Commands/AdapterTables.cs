using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Merging;
using OnnxEmbed.Merging.Adapters.Reports;

namespace OnnxEmbed.Cli.Commands;

/// <summary>What the commands that make an adapter show.</summary>
internal static class AdapterTables
{
    public static void Write(Session session, OutputOptions output, string path, AdapterReport report) => ResultWriter.Write(session, output.ResultFormat, new Result()
        .Fact("out", path)
        .Fact("method", report.Method)
        .Fact("layers_count", report.Layers.Count)
        .Fact("parameters", report.Parameters)
        .Fact("relative_error", report.RelativeError)
        .Fact("warnings", report.Warnings)
        .Table("layers", ["module", "outputs", "inputs", "rank", "norm", "relative_error", "energy_kept"], report.Layers.Select(layer => new object?[]
        {
            layer.Module,
            layer.Outputs,
            layer.Inputs,
            layer.Rank,
            layer.Norm,
            layer.RelativeError,
            layer.EnergyKept,
        })));

    /// <summary>Runs the work behind a progress line and tells its warnings.</summary>
    public static AdapterReport Run(Session session, OutputOptions output, string verb, Func<IProgress<MergeProgress>, AdapterReport> work)
    {
        using ProgressLine line = new(session, output.Quiet);
        AdapterReport report = work(new SynchronousProgress<MergeProgress>(now => line.Report(
            verb, (double)now.TensorsDone / Math.Max(1, now.TensorCount), $"{now.TensorsDone} of {now.TensorCount}  {now.Tensor}")));
        foreach (string warning in report.Warnings)
        {
            line.Say($"warning: {warning}");
        }

        return report;
    }
}
