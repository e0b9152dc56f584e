using Cocona;

namespace OnnxEmbed.Cli.Output;

/// <summary>Options that every command takes.</summary>
internal sealed class OutputOptions : ICommandParameterSet
{
    /// <summary>The options' names, which help lists last.</summary>
    public static readonly IReadOnlyList<string> Names = ["format", "json", "quiet", "verbose"];

    [Option("format", Description = "How the result is written to stdout.")]
    [HasDefaultValue]
    public OutputFormat Format { get; set; }

    [Option("json", Description = "Short for --format json.")]
    [HasDefaultValue]
    public bool Json { get; set; }

    [Option("quiet", ['q'], Description = "No progress on stderr.")]
    [HasDefaultValue]
    public bool Quiet { get; set; }

    [Option("verbose", Description = "An error prints its stack trace, too.")]
    [HasDefaultValue]
    public bool Verbose { get; set; }

    /// <summary>What <see cref="Format"/> and <see cref="Json"/> ask for together.</summary>
    public OutputFormat ResultFormat => Json ? OutputFormat.Json : Format;
}
