using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Runs;

namespace OnnxEmbed.Cli.Hosting;

/// <summary>Exit statuses and the one line on stderr that goes with them.</summary>
internal static class ExitStatus
{
    public const int Done = 0;

    /// <summary>The work failed; a wrong file counts here, too.</summary>
    public const int Failed = 1;

    /// <summary>The command line, or the value of an option, was wrong.</summary>
    public const int Usage = 2;

    /// <summary>Stopped by Ctrl-C: 128 + SIGINT, as shells count it.</summary>
    public const int Interrupted = 130;

    /// <summary>Prints what went wrong, one line a fault, with the stack trace only under <c>--verbose</c>.</summary>
    /// <returns>The exit status that the exception stands for.</returns>
    public static int Report(Session session, Exception exception)
    {
        Exception cause = Unwrap(exception);
        if (cause is OperationCanceledException && session.Cancellation.IsCancellationRequested)
        {
            session.Stderr.WriteLine($"onnxembed: {(cause is RunStoppedException or EmbedStoppedException ? cause.Message : "stopped")}");
            return Interrupted;
        }

        foreach (string line in cause.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            session.Stderr.WriteLine($"onnxembed: {line}");
        }

        if (session.Verbose)
        {
            foreach (string difference in (cause as ShapeMismatchException)?.Differences ?? [])
            {
                session.Stderr.WriteLine($"  {difference}");
            }

            session.Stderr.WriteLine(exception);
        }

        return cause is UsageException or OptionException ? Usage : Failed;
    }

    /// <summary>Reflection and parallel loops wrap what happened in an exception that says nothing.</summary>
    private static Exception Unwrap(Exception exception) => exception switch
    {
        System.Reflection.TargetInvocationException { InnerException: { } inner } => Unwrap(inner),
        AggregateException { InnerExceptions: [{ } only] } => Unwrap(only),
        _ => exception,
    };
}
