namespace OnnxEmbed.Cli.Tests.CommandLine;

public sealed class UsageTests
{
    [Fact]
    public void Run_NoArguments_ShowsHelpAndSucceeds()
    {
        CommandRun run = CommandRun.Done();
        Assert.StartsWith("usage: onnxembed COMMAND", run.Stdout, StringComparison.Ordinal);
        Assert.Empty(run.Stderr);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("help")]
    public void Run_AsksHelp_ExitsZero(string argument) => Assert.Equal(CommandRun.Of().Stdout, CommandRun.Done(argument).Stdout);

    [Fact]
    public void Run_Version_PrintsIt() => Assert.Matches(@"^onnxembed \d+\.\d+\.\d+\n$", CommandRun.Done("--version").Stdout);

    [Fact]
    public void Run_UnknownCommand_ListsKnownAndExitsTwo() =>
        CommandRun.Fails(2, ["embde"], "needs a command, got 'embde'; known: ", "inspect");

    [Fact]
    public void Run_UnknownOption_ListsKnownAndExitsTwo() =>
        CommandRun.Fails(2, ["inspect", "x", "--jsno"], "unknown option --jsno; known: --format, --json", "see onnxembed inspect --help");

    [Fact]
    public void Run_MissingArgument_NamesIt() => CommandRun.Fails(2, ["inspect"], "needs PATH, got no argument");

    [Fact]
    public void Run_OptionWithoutValue_NamesIt() => CommandRun.Fails(2, ["inspect", "x", "--format"], "option --format: needs a value");

    [Fact]
    public void Run_ValueOutsideList_ListsAllowed() =>
        CommandRun.Fails(2, ["inspect", "x", "--format", "xml"], "option --format: needs one of table, json, markdown, csv, got 'xml'");

    [Fact]
    public void Run_OptionTwice_IsRefused() =>
        CommandRun.Fails(2, ["inspect", "x", "--format", "csv", "--format=json"], "option --format: needs to be given once, got csv and json");

    [Fact]
    public void Run_SeveralFaults_ReportsEachOnItsLine()
    {
        CommandRun run = CommandRun.Of("inspect", "x", "y", "--format", "xml", "--json=3");
        Assert.Equal(2, run.Status);
        Assert.Equal(3, run.Errors.Count);
    }

    [Fact]
    public void Run_MissingFile_IsOneLineAndExitsOne() => CommandRun.Fails(1, ["inspect", "/no/such/file"], "/no/such/file");

    [Fact]
    public void Run_Verbose_AddsTheStackTrace() =>
        Assert.Contains("   at OnnxEmbed.", CommandRun.Of("inspect", "/no/such/file", "--verbose").Stderr, StringComparison.Ordinal);

    [Fact]
    public void Run_ArgumentAfterDoubleDash_IsNoOption() => CommandRun.Fails(1, ["inspect", "--", "--json"], "--json");
}
