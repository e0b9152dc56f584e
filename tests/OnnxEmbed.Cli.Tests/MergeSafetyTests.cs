using System.Diagnostics;
using System.Security.Cryptography;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Tests;

/// <summary>A merge that is killed, or has no room, leaves the complete output or none.</summary>
public sealed class MergeSafetyTests
{
    private const int Kills = 20;

    [Fact]
    public async Task Merge_KilledAtRandomMoments_LeavesTheWholeModelOrNone()
    {
        using TemporaryFolder folder = new();
        string first = Write(folder["a.onnx"], 1);
        string second = Write(folder["b.onnx"], 2);
        string output = folder["out.onnx"];
        string[] line = ["merge", "--slerp", "0.5", first, second, "-o", output, "--threads", "1", "--allow-unrelated", "-q"];
        long began = Stopwatch.GetTimestamp();
        await Finish(Start(line));
        double whole = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        byte[] expected = Hash(output);
        Random random = new(7);
        int complete = 0;
        int interrupted = 0;
        for (int i = 0; i < Kills; i++)
        {
            foreach (string made in Directory.GetFiles(folder.Root, "out.onnx*"))
            {
                File.Delete(made);
            }

            using Process process = Start(line);
            if (i % 4 == 0)
            {
                await Task.Delay((int)(random.NextDouble() * whole * 1.2), TestContext.Current.CancellationToken);
            }
            else
            {
                // Most kills fall into the short time in which files are open.
                while (!process.HasExited && Temporary(folder).Length == 0)
                {
                    await Task.Delay(1, TestContext.Current.CancellationToken);
                }

                await Task.Delay(random.Next(0, 40), TestContext.Current.CancellationToken);
            }

            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            interrupted += Temporary(folder).Length > 0 ? 1 : 0;
            if (File.Exists(output))
            {
                complete++;
                Assert.Equal(expected, Hash(output));

                // What was killed while files got their names is ended by whoever comes next, here a merge that finds the name taken.
                using Process next = Start(line);
                await next.WaitForExitAsync(TestContext.Current.CancellationToken);
                Assert.Equal(2, next.ExitCode);
                Assert.Equal(expected, Hash(output));
                Assert.True(File.Exists(output + ".merge-report.json") && File.Exists(output + ".merge-recipe.yaml"));
            }
            else
            {
                Assert.False(File.Exists(output + ".merge-report.json") || File.Exists(output + ".merge-recipe.yaml"));
            }
        }

        // Otherwise the test would have seen nothing.
        Assert.True(interrupted > 0, $"{complete} of {Kills} merges were complete, none was interrupted");
        await Finish(Start([.. line, "--force"]));
        Assert.Equal(expected, Hash(output));
        Assert.Equal(["a.onnx", "b.onnx", "out.onnx", "out.onnx.merge-recipe.yaml", "out.onnx.merge-report.json"], folder.Entries);
    }

    [Fact]
    public async Task Merge_WithoutRoom_SaysSoInOneLineAndLeavesNothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "limits the size of files by the shell's ulimit");
        using TemporaryFolder folder = new();
        string first = Write(folder["a.onnx"], 1);
        string second = Write(folder["b.onnx"], 2);
        string command = $"ulimit -f 4096; exec dotnet '{Tool}' merge --slerp 0.5 '{first}' '{second}' -o '{folder["out.onnx"]}' --allow-unrelated -q";
        ProcessStartInfo start = new("bash", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0"; // the runtime's own map of its code is a file of gigabytes to the limit
        using Process process = Process.Start(start)!;
        string errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, process.ExitCode);
        Assert.Matches(@"^onnxembed: \S+/out\.onnx: needs \d+ bytes, which the disk or a limit on the size of files does not allow\n$", errors);
        Assert.Equal(["a.onnx", "b.onnx"], folder.Entries);
    }

    private static string Tool => Path.Combine(AppContext.BaseDirectory, "onnxembed.dll");

    private static string[] Temporary(TemporaryFolder folder) => Directory.GetFiles(folder.Root, ".out.onnx.*.tmp");

    private static byte[] Hash(string path) => SHA256.HashData(File.ReadAllBytes(path));

    private static Process Start(string[] line) =>
        Process.Start(new ProcessStartInfo("dotnet", [Tool, .. line]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static async Task Finish(Process process)
    {
        using (process)
        {
            string errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, errors);
        }
    }

    /// <summary>A chain of products with 32 MB of weights.</summary>
    private static string Write(string path, int seed)
    {
        const int Size = 1000;
        Random random = new(seed);
        GraphBuilder graph = new();
        Value x = graph.Input("x", ElementType.Float32, "n", Size);
        float[] values = new float[Size * Size];
        for (int layer = 0; layer < 8; layer++)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = random.NextSingle() - 0.5f;
            }

            x = graph.MatMul(x, graph.Initializer($"layers.{layer}.weight", TensorData.From<float>(values, Size, Size)));
        }

        graph.Output(x, "y");
        using OnnxModel model = graph.Build();
        model.Save(path);
        return path;
    }
}
