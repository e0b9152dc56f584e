using System.Diagnostics;

namespace OnnxEmbed.Cli.Tests;

/// <summary>A few lines as a shell would run them, to see the real exit status and streams.</summary>
public sealed class ProcessTests
{
    [Theory]
    [InlineData(0, "--help")]
    [InlineData(0, "inspect --help")]
    [InlineData(1, "inspect /no/such/file")]
    [InlineData(2, "inspect")]
    [InlineData(2, "no-such-command")]
    public async Task Process_CommandLine_ExitsWithStatus(int expected, string arguments)
    {
        using Process process = Start(arguments);
        Task<string> stdout = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> stderr = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(expected, process.ExitCode);
        Assert.Equal(expected == 0, (await stderr).Length == 0);
        Assert.Equal(expected == 0, (await stdout).Length > 0);
    }

    private static Process Start(string arguments)
    {
        ProcessStartInfo start = new("dotnet", $"\"{Path.Combine(AppContext.BaseDirectory, "onnxembed.dll")}\" {arguments}")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        return Process.Start(start)!;
    }
}
