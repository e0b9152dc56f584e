namespace OnnxEmbed.Cli.Tests.Commands;

public sealed class DataNumbersCommandTests
{
    private static readonly string[] Small = ["--pairs", "20", "--validation-pairs", "10", "--test-pairs", "10"];

    [Fact]
    public void Numbers_SameSeed_SameBytesForAnyThreadCount()
    {
        using TemporaryFolder folder = new();
        foreach (string threads in (string[])["1", "2"])
        {
            CommandRun.Done(["data", "numbers", "--properties", "prime,increasing", .. Small, "--threads", threads, "-o", folder[threads]]);
        }

        string[] files = folder.Entries.Where(entry => entry.StartsWith("1/", StringComparison.Ordinal) && File.Exists(folder[entry])).ToArray();
        Assert.Equal(9, files.Length);
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(folder[file]), File.ReadAllBytes(folder["2" + file[1..]])));
    }

    [Theory]
    [InlineData("unknown nonsense; there are parity", "--properties=prime,nonsense")]
    [InlineData("length: needs a number in [4, 32], got 3", "--length=3")]
    [InlineData("digits", "--digits=6-4")]
    [InlineData("digits", "--digits=many")]
    [InlineData("train pairs: needs at least 0, got -1", "--pairs=-1")]
    public void Numbers_WrongOption_IsRefusedAndLeavesNothing(string message, string option)
    {
        using TemporaryFolder folder = new();
        CommandRun.Fails(2, ["data", "numbers", "-o", folder["n"], option], message);
        Assert.Empty(folder.Entries);
    }

    [Fact]
    public void Numbers_Interrupted_LeavesNothing()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(130, CommandRun.Of(new CancellationToken(canceled: true), "data", "numbers", "-o", folder["n"]).Status);
        Assert.Empty(folder.Entries);
    }
}
