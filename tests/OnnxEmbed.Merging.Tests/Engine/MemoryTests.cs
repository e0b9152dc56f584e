using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Engine;

public class MemoryTests
{
    [Fact]
    public void Run_TensorEightTimesAsLarge_AllocatesNoMore()
    {
        Allocated(1 << 20); // what is allocated once in a process
        long small = Allocated(1 << 20);
        long large = Allocated(1 << 23);

        // 32 MiB of result; sums of 112 more blocks are 4 KiB, the rest is what a thread needs for its blocks.
        Assert.InRange(large, 0, small + (256 << 10));

        static long Allocated(int length)
        {
            using TemporaryDirectory directory = new();
            string a = BareModels.Write(directory["a.onnx"], BareModels.Values(length, 1));
            string b = BareModels.Write(directory["b.onnx"], BareModels.Values(length, 2));
            MergeOptions options = BareModels.Slerp(a, b, directory["c.onnx"]) with { DegreeOfParallelism = 1 };
            long before = GC.GetAllocatedBytesForCurrentThread();
            BareModels.Run(options);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Theory]
    [InlineData("nearswap", "t=0.1")]
    [InlineData("nuslerp", "")]
    [InlineData("model_stock", "")]
    public void Run_FormulaOfATensorEightTimesAsLarge_AllocatesNoMore(string method, string parameters)
    {
        Allocated(1 << 18);
        long small = Allocated(1 << 18);
        long large = Allocated(1 << 21);

        // Sums of 112 more blocks, some objects each; a block of the models in double is more than all of them.
        Assert.InRange(large, 0, small + (256 << 10));

        long Allocated(int length)
        {
            using TemporaryDirectory directory = new();
            MergeMethod found = MergeMethods.Find(method);
            string[] paths = [.. Enumerable.Range(0, 1 + found.MinimumInputs).Select(i => BareModels.Write(directory[$"{i}.onnx"], BareModels.Values(length, 1 + (uint)i)))];
            MergeOptions options = Methods.MergeTensors.Options(method, true, found.MinimumInputs, parameters, threads: 1) with
            {
                Base = new MergeInput(paths[0]),
                Inputs = [.. paths.Skip(1).Select(path => new MergeInput(path))],
                Output = directory["out.onnx"],
            };
            long before = GC.GetAllocatedBytesForCurrentThread();
            BareModels.Run(options);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
}
