using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Engine;

/// <summary>The same inputs give the same files: any number of threads, any width of registers, any layout of the inputs.</summary>
public class DeterminismTests
{
    private const string TierVariable = "ONNXEMBED_TEST_TIER";

    /// <summary>Parameters that are required, or whose default would do nothing.</summary>
    private static readonly Dictionary<string, string> Chosen = new(StringComparer.Ordinal)
    {
        ["t"] = "0.3",
        ["density"] = "0.4",
        ["select_topk"] = "0.5",
    };

    private static string OnTwoThreads => field ??= Digests(2);

    [Fact]
    public void Run_OneTwoOrEightThreads_GivesTheSameBytes()
    {
        string expected = Digests(1);
        Assert.Equal([expected, expected], [OnTwoThreads, Digests(8)]);
    }

    [Theory]
    [InlineData("256", "DOTNET_EnableAVX512")]
    [InlineData("128", "DOTNET_EnableAVX2")]
    [InlineData("none", "DOTNET_EnableHWIntrinsic")]
    public void Run_NarrowerRegisters_GivesTheSameBytes(string tier, string variable)
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the switches are those of x64");
        string program = Path.Combine(AppContext.BaseDirectory, "OnnxEmbed.Merging.Tests");
        ProcessStartInfo start = new(OperatingSystem.IsWindows() ? program + ".exe" : program) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("--filter-method");
        start.ArgumentList.Add("*" + nameof(Digests_InChild_EqualTheParents));
        start.Environment[variable] = "0";
        start.Environment[TierVariable] = $"{tier}\n{OnTwoThreads}";
        using Process child = Process.Start(start)!;
        string output = child.StandardOutput.ReadToEnd() + child.StandardError.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0 && output.Contains("succeeded: 1", StringComparison.Ordinal), output);
    }

    [Fact]
    public void Digests_InChild_EqualTheParents()
    {
        string? expected = Environment.GetEnvironmentVariable(TierVariable);
        string tier = Vector512.IsHardwareAccelerated ? "512" : Vector256.IsHardwareAccelerated ? "256" : Vector128.IsHardwareAccelerated ? "128" : "none";

        // Outside a child there is nothing to compare with but a second run.
        string[] lines = $"{tier}\n{Digests(2)}".Split('\n');
        Assert.Equal((expected ?? $"{tier}\n{OnTwoThreads}").Split('\n'), lines);
        Assert.Equal(MergeMethods.All.Count + 3, lines.Length); // the tier, all methods but the fold of adapters, two large merges, adapters
    }

    [Fact]
    public void Run_InlineExternalOrMixedInputs_GivesTheSameValues()
    {
        using TemporaryDirectory directory = new();
        Dictionary<string, TensorData> first = Tensors(1);
        Dictionary<string, TensorData> second = Tensors(2);
        string ai = BareModels.Write(directory["ai.onnx"], first);
        string ae = BareModels.Write(directory["ae.onnx"], first, ExternalDataMode.Always);
        string bi = BareModels.Write(directory["bi.onnx"], second);
        string be = BareModels.Write(directory["be.onnx"], second, ExternalDataMode.Always);
        int index = 0;
        List<string> outputs = [];
        foreach ((string a, string b) in ((string, string)[])[(ai, bi), (ae, be), (ai, be), (ae, bi)])
        {
            foreach (ExternalDataMode mode in Enum.GetValues<ExternalDataMode>())
            {
                outputs.Add(directory[$"out{index++}.onnx"]);
                BareModels.Run(BareModels.Slerp(a, b, outputs[^1], "0.3") with { ExternalData = mode });
                Assert.Equal(mode == ExternalDataMode.Always, File.Exists(outputs[^1] + "_data"));
            }
        }

        using OnnxModel expected = OnnxModel.Load(outputs[0]);
        foreach (string output in outputs)
        {
            using OnnxModel model = OnnxModel.Load(output);
            Assert.All(expected.Tensors, entry => Assert.True(entry.Value.ContentEquals(model.Tensors[entry.Key]), $"{output} {entry.Key}"));
        }
    }

    [Fact]
    public void Run_Cancelled_LeavesNothing()
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], Tensors(1), ExternalDataMode.Always);
        string b = BareModels.Write(directory["b.onnx"], Tensors(2));
        using CancellationTokenSource cancellation = new();
        Canceller progress = new(cancellation);
        MergeOptions options = BareModels.Slerp(a, b, directory["new/c.onnx"]) with { ExternalData = ExternalDataMode.Always };
        Assert.Throws<OperationCanceledException>(() => Merge.Run(options, progress, cancellation.Token));
        Assert.Equal(1, progress.Reports);
        Assert.Equal(["a.onnx", "a.onnx_data", "b.onnx"], directory.Files());
        Assert.False(Directory.Exists(directory["new"]));
    }

    [Fact]
    public void Run_InPlaceWithForce_ReplacesTheInput()
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], Tensors(1), ExternalDataMode.Always);
        string b = BareModels.Write(directory["b.onnx"], Tensors(2), ExternalDataMode.Always);
        BareModels.Run(BareModels.Slerp(a, b, directory["c.onnx"]) with { ExternalData = ExternalDataMode.Always });
        BareModels.Run(BareModels.Slerp(a, b, a) with { Force = true });
        Assert.Equal(File.ReadAllBytes(directory["c.onnx_data"]), File.ReadAllBytes(directory["a.onnx_data"]));
    }

    private static Dictionary<string, TensorData> Tensors(uint seed) => new()
    {
        ["large"] = TensorData.From<float>(BareModels.Values(140_003, seed), 140_003),
        ["half"] = TensorData.FromSingles(BareModels.Values(66_001, seed + 10), ElementType.Float16, 66_001),
        ["brain"] = TensorData.FromSingles(BareModels.Values(66_001, seed + 20), ElementType.BFloat16, 66_001),
        ["double"] = TensorData.From<double>([.. BareModels.Values(66_001, seed + 30).Select(x => x / 3.0)], 66_001),
        ["small"] = TensorData.From<float>(BareModels.Values(7, seed + 40), 7),
    };

    /// <summary>A model near the common base, whose matrices have several blocks and rows of a length that no vector width divides.</summary>
    private static Dictionary<string, TensorData> FineTuned(uint seed) => new()
    {
        ["matrix"] = TensorData.From<float>(Near(70_350, 1, seed), 210, 335),
        ["half"] = TensorData.FromSingles(Near(3_003, 10, seed), ElementType.Float16, 77, 39),
        ["brain"] = TensorData.FromSingles(Near(3_003, 20, seed), ElementType.BFloat16, 39, 77),
        ["double"] = TensorData.From<double>([.. Near(1_001, 30, seed).Select(x => x / 3.0)], 1_001),
        ["vector"] = TensorData.From<float>(Near(335, 40, seed), 335),
    };

    private static float[] Near(int length, uint common, uint seed) =>
        [.. BareModels.Values(length, common).Zip(BareModels.Values(length, (common * 100) + seed), (x, y) => x + (seed == 0 ? 0 : y * y * y / 8))];

    /// <summary>A line for each method: its name and the hash of what it wrote, the report included.</summary>
    private static string Digests(int threads)
    {
        using TemporaryDirectory directory = new();
        string[] models = [.. Enumerable.Range(0, 4).Select(i => BareModels.Write(directory[$"{i}.onnx"], FineTuned((uint)i)))];
        string[] large = [.. Enumerable.Range(0, 3).Select(i => BareModels.Write(directory[$"large{i}.onnx"], Tensors((uint)i + 1)))];
        List<string> lines = [];
        foreach (MergeMethod method in MergeMethods.All.Where(method => !method.NeedsAdapter))
        {
            int count = Math.Min(method.MaximumInputs ?? 3, 3);
            bool hasBase = method.Base == BaseUse.Required;
            MergeOptions options = new()
            {
                Method = method,
                Base = hasBase ? new MergeInput(models[0]) : null,
                Inputs = [.. models.Skip(hasBase ? 1 : 0).Take(count).Select(model => new MergeInput(model))],
                Output = directory["out.onnx"],
                Parameters = method.Parameters.Concat(method.ModelParameters).Where(parameter => Chosen.ContainsKey(parameter.Name)).ToDictionary(
                    parameter => parameter.Name, parameter => Chosen[parameter.Name]),
                DegreeOfParallelism = threads,
                Force = true,
            };
            lines.Add(Digest(method.Name, options, directory));
        }

        lines.Add(Digest("slerp, large", BareModels.Slerp(large[0], large[1], directory["out.onnx"], "0.3") with { DegreeOfParallelism = threads, Force = true }, directory));
        lines.Add(Digest("linear, large", BareModels.Soup(directory["out.onnx"], large) with { DegreeOfParallelism = threads, Force = true }, directory));
        lines.Add("adapters: " + Adapters.AdapterOutputs.Digest(threads));
        return string.Join('\n', lines);
    }

    private static string Digest(string title, MergeOptions options, TemporaryDirectory directory)
    {
        BareModels.Run(options);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string name in directory.Files().Where(name => name.StartsWith("out.", StringComparison.Ordinal) && !name.EndsWith(".yaml", StringComparison.Ordinal)))
        {
            hash.AppendData(File.ReadAllBytes(directory[name])); // the recipes name the random directory, the reports do not
        }

        return $"{title}: {Convert.ToHexString(hash.GetHashAndReset())}";
    }

    private sealed class Canceller(CancellationTokenSource cancellation) : IProgress<MergeProgress>
    {
        public int Reports { get; private set; }

        public void Report(MergeProgress value)
        {
            Reports++;
            cancellation.Cancel();
        }
    }
}
