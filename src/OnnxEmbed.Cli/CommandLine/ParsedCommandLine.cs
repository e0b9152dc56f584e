using Cocona.Command;

namespace OnnxEmbed.Cli.CommandLine;

/// <summary>A command line taken apart: the commands from the root down, option values by long name, and the arguments.</summary>
internal sealed class ParsedCommandLine(IReadOnlyList<CommandDescriptor> path, HelpRequest help)
{
    public IReadOnlyList<CommandDescriptor> Path { get; } = path;

    public HelpRequest Help { get; } = help;

    /// <summary>In the order of the line; an option that may repeat stands here as often as it was given.</summary>
    public List<(CommandOptionDescriptor Option, string Value)> Options { get; } = [];

    public List<string> Arguments { get; } = [];

    public bool Has(string name) => Options.Any(option => option.Option.Name == name && option.Value != "false");

    /// <summary>The same line with every value bound by "=" and the arguments behind "--", so that nothing can be read two ways.</summary>
    public string[] ToCanonicalArguments() =>
    [
        .. Path.Select(command => command.Name),
        .. Options.Select(option => $"--{option.Option.Name}={option.Value}"),
        "--",
        .. Arguments,
    ];
}
