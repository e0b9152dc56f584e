using OnnxEmbed.Cli.Output;
using OnnxEmbed.Training.Runs;

namespace OnnxEmbed.Cli.Inspection;

/// <summary>What is in a run directory.</summary>
internal static class RunInspector
{
    public static Result Inspect(string path, bool all)
    {
        RunSummary run = RunSummary.Read(path);
        Result result = new Result()
            .Fact("path", path)
            .Fact("kind", $"{run.Kind} run")
            .Fact("complete", run.IsComplete)
            .Fact("package", run.Options.GetValueOrDefault("package"))
            .Fact("data", run.Options.GetValueOrDefault("data"))
            .Fact("updates", run.Updates)
            .Fact("first_loss", run.FirstLoss)
            .Fact("last_loss", run.LastLoss)
            .Fact("checkpoints", run.Checkpoints);
        if (all)
        {
            result.Table("options", ["option", "value"], run.Options.Select(option => new object?[] { option.Key, option.Value }));
        }

        return result;
    }
}
