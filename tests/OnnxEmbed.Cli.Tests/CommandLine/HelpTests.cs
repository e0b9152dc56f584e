using Cocona.Command;
using OnnxEmbed.Cli.CommandLine;
using OnnxEmbed.Cli.Hosting;

namespace OnnxEmbed.Cli.Tests.CommandLine;

/// <summary>
/// Help is compared with the texts in Golden/. After a change that is meant, scripts/update-help.sh writes them again; the difference is
/// reviewed like code.
/// </summary>
public sealed class HelpTests
{
    public static TheoryData<string> Commands { get; } = [string.Empty, .. Leaves(Root(), string.Empty)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_Command_EqualsGolden(string command)
    {
        string name = command.Length == 0 ? "onnxembed" : command.Replace(' ', '-');
        string golden = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", $"help-{name}.txt"));
        Assert.Equal(golden, CommandRun.Done([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]).Stdout);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_Command_HasAnExampleThatParses(string command)
    {
        if (command.Length == 0)
        {
            return;
        }

        string help = CommandRun.Done([.. command.Split(' '), "--help"]).Stdout;
        string[] examples = help[help.LastIndexOf("example", StringComparison.Ordinal)..].Split('\n')[1..]
            .Select(line => line.Trim()).Where(line => line.Length > 0).ToArray();
        Assert.NotEmpty(examples);
        Assert.All(examples, example =>
        {
            string[] words = example.Split(' ');
            Assert.Equal("onnxembed", words[0]);
            Assert.Equal(command, CommandLineParser.CommandName(CommandLineParser.Parse(Root(), words[1..]).Path));
        });
    }

    [Fact]
    public void Golden_Files_AreThoseOfTheCommands() => Assert.Equal(
        Commands.Select(row => row.Data.Length == 0 ? "onnxembed" : row.Data.Replace(' ', '-')).Order(StringComparer.Ordinal),
        Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Golden"), "help-*.txt")
            .Select(path => Path.GetFileNameWithoutExtension(path)["help-".Length..])
            .Order(StringComparer.Ordinal));

    private static CommandCollection Root() =>
        new CommandTree(new Session(TextWriter.Null, TextWriter.Null, TimeProvider.System, CancellationToken.None)).Root;

    private static IEnumerable<string> Leaves(CommandCollection level, string prefix) => CommandLineParser.Visible(level)
        .SelectMany(command => command.SubCommands is { All.Count: > 0 } inner ? Leaves(inner, $"{prefix}{command.Name} ") : [prefix + command.Name]);
}
