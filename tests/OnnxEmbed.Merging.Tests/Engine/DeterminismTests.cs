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

    private static readonly Lazy<string> _onTwoThreads = new(() => Digest(2));

    [Fact]
    public void Run_OneTwoOrEightThreads_GivesTheSameBytes() => Assert.Equal([Digest(1), Digest(8)], [_onTwoThreads.Value, _onTwoThreads.Value]);

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
        start.ArgumentList.Add("*" + nameof(Digest_InChild_EqualsTheParents));
        start.Environment[variable] = "0";
        start.Environment[TierVariable] = $"{tier}:{_onTwoThreads.Value}";
        using Process child = Process.Start(start)!;
        string output = child.StandardOutput.ReadToEnd() + child.StandardError.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0 && output.Contains("succeeded: 1", StringComparison.Ordinal), output);
    }

    [Fact]
    public void Digest_InChild_EqualsTheParents()
    {
        string? expected = Environment.GetEnvironmentVariable(TierVariable);
        string tier = Vector512.IsHardwareAccelerated ? "512" : Vector256.IsHardwareAccelerated ? "256" : Vector128.IsHardwareAccelerated ? "128" : "none";

        // Outside a child there is nothing to compare with but a second run.
        Assert.Equal(expected ?? $"{tier}:{Digest(2)}", $"{tier}:{_onTwoThreads.Value}");
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

    private static string Digest(int threads)
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], Tensors(1));
        string b = BareModels.Write(directory["b.onnx"], Tensors(2));
        string c = BareModels.Write(directory["c.onnx"], Tensors(3));
        BareModels.Run(BareModels.Slerp(a, b, directory["s.onnx"], "0.3") with { DegreeOfParallelism = threads });
        BareModels.Run(BareModels.Soup(directory["l.onnx"], a, b, c) with { DegreeOfParallelism = threads });
        MergeWithEveryMethod(directory, threads);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string name in directory.Files().Where(name => !name.EndsWith(".yaml", StringComparison.Ordinal)))
        {
            hash.AppendData(File.ReadAllBytes(directory[name])); // the recipes name the random directory, the reports do not
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>Each method of the catalogue on tensors of several blocks and rows, in every type.</summary>
    private static void MergeWithEveryMethod(TemporaryDirectory directory, int threads)
    {
        string[] models = [.. Enumerable.Range(1, 4).Select(i => BareModels.Write(directory[$"m{i}.onnx"], Matrices((uint)i)))];
        foreach (MergeMethod method in MergeMethods.All.Where(method => !method.NeedsAdapter))
        {
            int count = Math.Min(method.MaximumInputs ?? 3, 3);
            BareModels.Run(new MergeOptions
            {
                Method = method,
                Base = method.Base == BaseUse.None ? null : new MergeInput(models[0]),
                Inputs = [.. models.Skip(1).Take(count).Select(model => new MergeInput(model))],
                Output = directory[$"{method.Name}.onnx"],
                Parameters = method.Parameters.Where(parameter => parameter.Default is null).ToDictionary(parameter => parameter.Name, _ => "0.3"),
                DegreeOfParallelism = threads,
            });
        }
    }

    private static Dictionary<string, TensorData> Matrices(uint seed) => new()
    {
        ["single"] = TensorData.From<float>(BareModels.Values(18_200, seed), 130, 140),
        ["half"] = TensorData.FromSingles(BareModels.Values(3_300, seed + 10), ElementType.Float16, 100, 33),
        ["brain"] = TensorData.FromSingles(BareModels.Values(2_600, seed + 20), ElementType.BFloat16, 65, 40),
        ["double"] = TensorData.From<double>([.. BareModels.Values(5_400, seed + 30).Select(x => x / 3.0)], 60, 90),
    };

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
