using Cocona.Filters;

namespace OnnxEmbed.Cli.Hosting;

/// <summary>Turns what a command returns or throws into the session's exit status.</summary>
internal sealed class ErrorFilter(Session session) : CommandFilterAttribute
{
    public override async ValueTask<int> OnCommandExecutionAsync(CoconaCommandExecutingContext ctx, CommandExecutionDelegate next)
    {
        int status;
        try
        {
            status = await next(ctx);
        }
#pragma warning disable CA1031 // The outermost frame: every failure becomes a line on stderr and an exit status.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            status = ExitStatus.Report(session, exception);
        }

        session.Status = status;
        return status;
    }
}
