namespace OnnxEmbed.Cli.CommandLine;

/// <summary>One line that a user could type, shown at the end of the command's help.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class ExampleAttribute(string line) : Attribute
{
    public string Line { get; } = line;
}
