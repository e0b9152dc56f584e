using System.Runtime.InteropServices;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;

namespace OnnxEmbed.Cli;

/// <summary>Entry point of <c>onnxembed</c>.</summary>
internal static class Program
{
    /// <summary>SIGXFSZ, for which .NET has no name: 25 on Linux and macOS.</summary>
    private const int FileSizeExceeded = 25;

    public static int Main(string[] args)
    {
        using CancellationTokenSource interrupt = new();
        int presses = 0;
        Console.CancelKeyPress += (_, press) =>
        {
            // The first Ctrl-C asks the command to stop at a safe point; a second one ends the process at once.
            if (Interlocked.Increment(ref presses) == 1)
            {
                press.Cancel = true;
                interrupt.Cancel();
            }
        };

        // A write beyond a limit on the size of files (ulimit -f) is an error to report; left alone the signal would end the process.
        using PosixSignalRegistration? limit = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create((PosixSignal)FileSizeExceeded, signal => signal.Cancel = true);
        Session session = new(Console.Out, Console.Error, TimeProvider.System, interrupt.Token)
        {
            StderrIsTerminal = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb"),
            StdoutIsTerminal = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb"),
            Width = Console.IsOutputRedirected ? Session.PlainWidth : Math.Max(60, Console.WindowWidth),
        };
        return Run(args, session);
    }

    /// <summary>Runs one command line in this process.</summary>
    /// <returns>The exit status: see <see cref="ExitStatus"/>.</returns>
    public static int Run(IReadOnlyList<string> args, Session session)
    {
        CommandTree tree = new(session);
        try
        {
            ParsedCommandLine line = CommandLineParser.Parse(tree.Root, args);
            session.Verbose = line.Has("verbose");
            return line.Help switch
            {
                HelpRequest.Help => HelpPage.Write(session, tree.Root, line.Path),
                HelpRequest.Version => HelpPage.WriteVersion(session),
                _ => tree.Invoke(line),
            };
        }
        catch (UsageException exception)
        {
            return ExitStatus.Report(session, exception);
        }
    }
}
