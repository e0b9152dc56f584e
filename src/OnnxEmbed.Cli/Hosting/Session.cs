using Spectre.Console;

namespace OnnxEmbed.Cli.Hosting;

/// <summary>What a command sees of the outside: where results and progress go, the clock, and the request to stop.</summary>
internal sealed class Session(TextWriter stdout, TextWriter stderr, TimeProvider time, CancellationToken cancellation)
{
    /// <summary>Columns of a table when stdout is not a terminal.</summary>
    public const int PlainWidth = 160;

    public TextWriter Stdout { get; } = stdout;

    public TextWriter Stderr { get; } = stderr;

    public TimeProvider Time { get; } = time;

    public CancellationToken Cancellation { get; } = cancellation;

    public bool StdoutIsTerminal { get; init; }

    public bool StderrIsTerminal { get; init; }

    public int Width { get; init; } = PlainWidth;

    /// <summary>An error prints its stack trace, too.</summary>
    public bool Verbose { get; set; }

    /// <summary>Threads that a command may use when its line does not say.</summary>
    public int DefaultThreads { get; init; } = Environment.ProcessorCount;

    /// <summary>Exit status of the command that ran; null when none was reached.</summary>
    public int? Status { get; set; }

    /// <summary>A Spectre console on stdout: colours only on a terminal, plain characters elsewhere.</summary>
    public IAnsiConsole Console()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Stdout),
            Ansi = StdoutIsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = StdoutIsTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = Width;
        console.Profile.Capabilities.Unicode = true;
        return console;
    }
}
