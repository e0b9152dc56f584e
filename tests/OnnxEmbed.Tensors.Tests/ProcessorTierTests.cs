using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace OnnxEmbed.Tensors.Tests;

/// <summary>The same bits with 512-bit, 256-bit and 128-bit registers and none: child processes with a tier switched off.</summary>
public class ProcessorTierTests
{
    private const string TierVariable = "ONNXEMBED_TEST_TIER";

    [Theory]
    [InlineData("256", "DOTNET_EnableAVX512")]
    [InlineData("128", "DOTNET_EnableAVX2")]
    [InlineData("none", "DOTNET_EnableHWIntrinsic")]
    public void Kernels_NarrowerRegisters_GiveTheSameBits(string tier, string variable)
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the switches are those of x64");
        string program = Path.Combine(AppContext.BaseDirectory, "OnnxEmbed.Tensors.Tests");
        ProcessStartInfo start = new(OperatingSystem.IsWindows() ? program + ".exe" : program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("--filter-method");
        start.ArgumentList.Add("*" + nameof(Digest_InChild_EqualsTheParents));
        start.Environment[variable] = "0";
        start.Environment[TierVariable] = $"{tier}:{Digest()}";
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
        Assert.Equal(expected ?? $"{tier}:{Digest()}", $"{tier}:{Digest()}");
    }

    private static string Digest()
    {
        float[] u = ReductionsTests.Values(100_003, 11);
        float[] v = ReductionsTests.Values(100_003, 12);
        float[] blend = new float[u.Length];
        byte[] narrow = new byte[u.Length * 2];
        Blends.Combine(0.123456789, u, 0.87654321, v, blend);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(blend.AsSpan()));
        foreach (ElementType type in (ElementType[])[ElementType.Float16, ElementType.BFloat16])
        {
            FloatConversion.FromSingles(blend, type, narrow);
            hash.AppendData(narrow);
            FloatConversion.ToSingles(type, narrow, blend);
            hash.AppendData(MemoryMarshal.AsBytes(blend.AsSpan()));
        }

        PairSums sums = Reductions.Pair(u, v);
        foreach (double sum in (double[])[sums.FirstSquared, sums.SecondSquared, sums.DifferenceSquared, sums.SumSquared, Reductions.Dot(u, v)])
        {
            hash.AppendData(BitConverter.GetBytes(sum));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
