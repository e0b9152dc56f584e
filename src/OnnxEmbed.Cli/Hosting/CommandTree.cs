using Cocona;
using Cocona.Application;
using Cocona.Builder;
using Cocona.Command;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Commands;

namespace OnnxEmbed.Cli.Hosting;

/// <summary>
/// The commands as Cocona sees them. Cocona reads the command classes and binds options to their parameters; the command line is
/// checked, and help is written, before it is asked, since its own help exits 129 and its own errors exit 1.
/// </summary>
internal sealed class CommandTree
{
    private readonly Session _session;
    private readonly CapturedConsole _console = new();

    public CommandTree(Session session)
    {
        _session = session;
        using CoconaApp app = Build([]);
        Root = app.Services.GetRequiredService<ICoconaCommandProvider>().GetCommandCollection();
    }

    public CommandCollection Root { get; }

    /// <summary>Runs the command of a checked line.</summary>
    public int Invoke(ParsedCommandLine line)
    {
        using CoconaApp app = Build(line.ToCanonicalArguments());
        app.Run();
        if (_session.Status is { } status)
        {
            return status;
        }

        throw new UsageException(_console.Text.Length > 0 ? _console.Text : "the command line was not understood");
    }

    private CoconaApp Build(string[] args)
    {
        CoconaAppBuilder builder = CoconaApp.CreateBuilder(args, options =>
        {
            options.TreatPublicMethodsAsCommands = false;
            options.EnableShellCompletionSupport = false;
        });
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(_session);
        builder.Services.AddSingleton<ICoconaConsoleProvider>(_console);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        CoconaApp app = builder.Build();
        app.UseFilter(new ErrorFilter(_session));
        CommandCatalogue.AddTo(app);
        return app;
    }
}
