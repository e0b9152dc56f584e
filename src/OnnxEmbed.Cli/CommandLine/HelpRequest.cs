namespace OnnxEmbed.Cli.CommandLine;

/// <summary>What a command line asks for instead of running a command.</summary>
internal enum HelpRequest
{
    None,
    Help,
    Version,
}
