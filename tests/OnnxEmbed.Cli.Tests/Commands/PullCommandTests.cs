namespace OnnxEmbed.Cli.Tests.Commands;

public sealed class PullCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("acme/tiny/embed")]
    [InlineData("acme/..")]
    public void Pull_WrongName_IsAUsageErrorBeforeAnythingIsAsked(string repository)
    {
        CommandRun run = CommandRun.Of("pull", repository, "-o", _folder["out"]);

        Assert.Equal(2, run.Status);
        Assert.Contains($"got '{repository}'", Assert.Single(run.Errors));
    }

    [Fact]
    public void Pull_OutputThatExists_IsRefused()
    {
        Directory.CreateDirectory(_folder["out"]);
        File.WriteAllText(_folder["out/config.json"], "{}");

        CommandRun run = CommandRun.Of("pull", "acme/tiny", "-o", _folder["out"]);

        Assert.Equal(2, run.Status);
        Assert.Equal("{}", File.ReadAllText(_folder["out/config.json"]));
    }
}
