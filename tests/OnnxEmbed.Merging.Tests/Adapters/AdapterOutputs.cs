using System.Security.Cryptography;
using OnnxEmbed.Merging.Adapters.Combining;
using OnnxEmbed.Merging.Adapters.Extracting;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Adapters;

/// <summary>Files of every kind of work on adapters, for the test that threads and registers do not change them.</summary>
internal static class AdapterOutputs
{
    private const string Module = "layers.0.q_proj";
    private const int Out = 200, In = 216;

    public static string Digest(int threads)
    {
        using TemporaryDirectory directory = new();
        Write(directory, threads);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        // The recipe names the random directory.
        foreach (string name in directory.Files().Where(name => !name.EndsWith(".yaml", StringComparison.Ordinal)))
        {
            hash.AppendData(File.ReadAllBytes(directory[name]));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static void Write(TemporaryDirectory directory, int threads)
    {
        string from = Model(directory["adapter-base.onnx"], 1), to = Model(directory["adapter-tuned.onnx"], 2);
        AdapterExtraction.Run(
            new ExtractOptions { Base = new MergeInput(from), Tuned = new MergeInput(to), Rank = 8, Output = directory["extracted"], DegreeOfParallelism = threads },
            cancellation: TestContext.Current.CancellationToken);
        AdapterExtraction.Run(
            new ExtractOptions { Base = new MergeInput(from), Tuned = new MergeInput(to), Rank = 60, Output = directory["wide"], DegreeOfParallelism = threads },
            cancellation: TestContext.Current.CancellationToken);
        LoraSettings settings = new() { R = 4, LoraAlpha = 8, TargetModules = ["q_proj"], UseDora = true };
        TensorData magnitude = TensorData.From<float>([.. BareModels.Values(Out, 9).Select(value => value + 2)], Out);
        AdapterPackages.Save(
            directory["dora"],
            settings,
            [new LoraModule(Module, AdapterPackages.Random([4, In], 5), AdapterPackages.Random([Out, 4], 6), 0, 0) { Magnitude = magnitude }]);
        foreach (CombinationMethod method in (CombinationMethod[])[CombinationMethods.Svd, CombinationMethods.DareTies])
        {
            AdapterCombination.Run(
                new CombineOptions
                {
                    Method = method,
                    Adapters = [directory["extracted"], directory["wide"]],
                    Rank = 3,
                    Density = method.TakesDensity ? .5 : null,
                    Output = directory["combined-" + method.Name],
                    DegreeOfParallelism = threads,
                },
                cancellation: TestContext.Current.CancellationToken);
        }

        BareModels.Run(new MergeOptions
        {
            Method = MergeMethods.Lora,
            Inputs = [new MergeInput(from) { Adapters = [directory["dora"], directory["combined-svd"]], AdapterWeights = [.5, 2] }],
            Output = directory["adapter-folded.onnx"],
            DegreeOfParallelism = threads,
        });
    }

    private static string Model(string path, uint seed) => BareModels.Write(
        path,
        new Dictionary<string, TensorData> { [Module + ".weight"] = TensorData.From<float>(BareModels.Values(Out * In, seed), In, Out) },
        ExternalDataMode.Auto,
        BareModels.Node("MatMul", ["x", Module + ".weight"], "y"));
}
