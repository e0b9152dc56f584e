using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Models;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.Merging.Tests.Inputs;

/// <summary>Two-layer models with near weights, as files and as what they compute.</summary>
internal static class TinyExports
{
    private static readonly long[][] Texts = [[1, 5, 9, 2, 7], [3, 3, 13], [11]];

    /// <summary>A model with weights of its own seed, each moved a tenth of the way from those of seed 1, as fine-tuning would.</summary>
    public static OnnxModel Model(ModelConfig config, ulong seed)
    {
        TensorSource shared = TinyModels.Weights(config, 1);
        TensorSource own = TinyModels.Weights(config, seed);
        (Onnx.Schema.ModelProto proto, IReadOnlyDictionary<string, TensorData> tensors) = EncoderGraph.Model(config, PoolingMode.Mean, normalize: true, (name, shape) =>
        {
            float[] moved = own(name, shape).ToSingles();
            return TensorData.From<float>([.. shared(name, shape).ToSingles().Zip(moved, (a, b) => (0.9f * a) + (0.1f * b))], shape);
        }).ToModel();
        return new OnnxModel(proto, tensors);
    }

    public static string Write(OnnxModel model, string path, ExternalDataMode mode = ExternalDataMode.Auto)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        model.Save(path, new OnnxWriteOptions { ExternalData = mode });
        return path;
    }

    /// <summary>What a model file gives for three texts: hidden states and vectors.</summary>
    public static IReadOnlyDictionary<string, TensorData> Embed(string path, ModelConfig config)
    {
        using OnnxModel model = OnnxModel.Load(path);
        using OrtGraphRunner runner = new(model.ToBytes());
        return runner.Run(TinyModels.Batch(config, Texts));
    }

    /// <summary>Checks that two model files compute the same to 1e-5.</summary>
    public static void AssertSame(string expected, string actual, ModelConfig config)
    {
        IReadOnlyDictionary<string, TensorData> first = Embed(expected, config);
        IReadOnlyDictionary<string, TensorData> second = Embed(actual, config);
        foreach ((string name, TensorData tensor) in first)
        {
            Assert.All(tensor.ToSingles().Zip(second[name].ToSingles()), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        }
    }

    public static MergeReport Slerp(string first, string second, string output, string t = "0.4") => BareModels.Run(BareModels.Slerp(first, second, output, t));
}
