using Cocona.Application;

namespace OnnxEmbed.Cli.Hosting;

/// <summary>Keeps what Cocona itself would print; commands write to the <see cref="Session"/>.</summary>
internal sealed class CapturedConsole : ICoconaConsoleProvider
{
    private readonly StringWriter _text = new();

    public TextWriter Output => _text;

    public TextWriter Error => _text;

    public string Text => _text.ToString().Trim();
}
