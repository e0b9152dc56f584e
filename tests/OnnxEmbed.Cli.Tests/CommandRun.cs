using OnnxEmbed.Cli.Hosting;

namespace OnnxEmbed.Cli.Tests;

/// <summary>One command line run in this process: exit status, stdout and stderr.</summary>
internal sealed record CommandRun(int Status, string Stdout, string Stderr)
{
    public IReadOnlyList<string> StderrLines => Stderr.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What was written to stderr apart from progress.</summary>
    public IReadOnlyList<string> Errors => StderrLines.Where(line => line.StartsWith("onnxembed: ", StringComparison.Ordinal)).ToList();

    public static CommandRun Of(params string[] args) => Of(CancellationToken.None, args);

    public static CommandRun Of(CancellationToken cancellation, params string[] args)
    {
        StringWriter stdout = new() { NewLine = "\n" };
        StringWriter stderr = new() { NewLine = "\n" };
        Session session = new(stdout, stderr, TimeProvider.System, cancellation) { DefaultThreads = 1 };
        int status = Program.Run(args, session);
        return new CommandRun(status, stdout.ToString(), stderr.ToString());
    }

    /// <summary>A line that has to work.</summary>
    public static CommandRun Done(params string[] args)
    {
        CommandRun run = Of(args);
        Assert.True(run.Status == 0, $"onnxembed {string.Join(' ', args)}: exit {run.Status}\n{run.Stderr}");
        return run;
    }

    /// <summary>A line that has to fail with one line on stderr that contains each of the texts, and nothing on stdout.</summary>
    public static CommandRun Fails(int status, IReadOnlyList<string> args, params string[] texts)
    {
        CommandRun run = Of([.. args]);
        Assert.True(run.Status == status, $"onnxembed {string.Join(' ', args)}: exit {run.Status}, not {status}\n{run.Stderr}");
        string error = Assert.Single(run.Errors);
        Assert.All(texts, text => Assert.Contains(text, error, StringComparison.Ordinal));
        Assert.Empty(run.Stdout);
        return run;
    }
}
