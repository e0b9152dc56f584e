namespace OnnxEmbed.Cli.CommandLine;

/// <summary>The command line itself is wrong; the message has one line a fault.</summary>
internal sealed class UsageException(string message) : Exception(message);
