using System.Diagnostics;

namespace OnnxEmbed.Models.Tests.Embedders;

/// <summary>The program of the README, compiled in tests/OnnxEmbed.Samples.</summary>
public sealed class SampleTests
{
    private static readonly string Root = FindRoot(AppContext.BaseDirectory);

    [Fact]
    public async Task Sample_NumberModel_PrintsWhatTheReadmeSays()
    {
        string program = AppContext.BaseDirectory.Replace("OnnxEmbed.Models.Tests", "OnnxEmbed.Samples", StringComparison.Ordinal);
        ProcessStartInfo start = new("dotnet", [Path.Combine(program, "OnnxEmbed.Samples.dll"), Path.Combine(Root, "models", "number-bert")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, await errors);
        string[] printed = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string readme = File.ReadAllText(Path.Combine(Root, "README.md"));
        Assert.Equal(3, printed.Length);
        Assert.All(printed, line => Assert.Contains(line, readme, StringComparison.Ordinal));
    }

    [Fact]
    public void Readme_Sample_IsTheProgram()
    {
        string readme = File.ReadAllText(Path.Combine(Root, "README.md")).ReplaceLineEndings("\n");
        string program = File.ReadAllText(Path.Combine(Root, "tests", "OnnxEmbed.Samples", "Program.cs")).ReplaceLineEndings("\n");

        Assert.Contains($"```csharp\n{program}```", readme, StringComparison.Ordinal);
    }

    private static string FindRoot(string path) =>
        File.Exists(Path.Combine(path, "OnnxEmbed.sln")) ? path : FindRoot(Path.GetDirectoryName(path)!);
}
