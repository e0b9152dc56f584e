using System.Diagnostics;

namespace OnnxEmbed.Cli.Tests;

/// <summary>Embeddings that are killed for real, at several moments, and gone on with.</summary>
public sealed class EmbedKillTests : IDisposable
{
    private const int Rows = 6000;

    private readonly TemporaryFolder _folder = new();

    public EmbedKillTests()
    {
        CommandRun.Done("init", "--arch", "bert", "--hidden", "16", "--layers", "1", "--heads", "2", "--max-length", "80", "-o", _folder["m"]);
        CommandRun.Done("data", "text", "--count", $"{Rows}", "-o", _folder["t.parquet"]);
        CommandRun.Done(Arguments("whole.parquet"));
    }

    private string Parts => _folder["e.parquet.partial/parts.log"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Embed_KilledAtSeveralMoments_EndsInTheSameBytes()
    {
        // Before anything is done, in the middle of the first windows, and several times further on.
        foreach (int lines in (int[])[-1, 1, 9, 40])
        {
            using Process process = Start();
            await WaitFor(() => lines < 0 ? Directory.Exists(_folder["e.parquet.partial"]) : Lines() > lines, process);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.NotEqual(0, process.ExitCode);
            Assert.False(File.Exists(_folder["e.parquet"]));
            Assert.True(Lines() < Rows / 25, "it was killed too late to show anything");
        }

        CommandRun done = CommandRun.Done([.. Arguments("e.parquet"), "--json"]);

        Assert.DoesNotContain("\"resumed_rows\": 0,", done.Stdout, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(_folder["whole.parquet"]), File.ReadAllBytes(_folder["e.parquet"]));
        Assert.False(Directory.Exists(_folder["e.parquet.partial"]));
    }

    [Fact]
    public async Task Embed_Interrupted_SaysHowToGoOn()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent with kill");
        using Process process = Start();
        Task<string> stderr = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await WaitFor(() => Lines() > 3, process);
        using Process kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(130, process.ExitCode);
        Assert.Matches(@"onnxembed: stopped after \d+ of 6000 rows; the same command goes on from .*e\.parquet\.partial\n", await stderr);
        CommandRun.Done(Arguments("e.parquet"));
        Assert.Equal(File.ReadAllBytes(_folder["whole.parquet"]), File.ReadAllBytes(_folder["e.parquet"]));
    }

    [Fact]
    public async Task Embed_TwoAtOnce_SecondIsRefused()
    {
        using Process process = Start();
        await WaitFor(() => Lines() > 1, process);

        CommandRun second = CommandRun.Of(Arguments("e.parquet"));

        Assert.Equal(1, second.Status);
        Assert.Contains("rows.parquet: needs to be written by one process", Assert.Single(second.Errors), StringComparison.Ordinal);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(File.ReadAllBytes(_folder["whole.parquet"]), File.ReadAllBytes(_folder["e.parquet"]));
    }

    private static async Task WaitFor(Func<bool> happened, Process process)
    {
        while (!happened())
        {
            Assert.False(process.HasExited, "it ended before the moment came");
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }
    }

    private int Lines()
    {
        if (!File.Exists(Parts))
        {
            return 0;
        }

        using FileStream file = new(Parts, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using StreamReader reader = new(file);
        return reader.ReadToEnd().Count(letter => letter == '\n');
    }

    private string[] Arguments(string output) =>
        ["embed", _folder["m"], "--data", _folder["t.parquet"], "-o", _folder[output], "--window", "25", "--threads", "1"];

    private Process Start() => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "onnxembed.dll"), .. Arguments("e.parquet")])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
}
