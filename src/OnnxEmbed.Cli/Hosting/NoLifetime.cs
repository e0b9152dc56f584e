using Microsoft.Extensions.Hosting;

namespace OnnxEmbed.Cli.Hosting;

/// <summary>Stands for the host's console lifetime, which would take Ctrl-C for itself.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
