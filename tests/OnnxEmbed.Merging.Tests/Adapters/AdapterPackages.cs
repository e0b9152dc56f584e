using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Adapters;

/// <summary>A small package, adapters for it, and its embeddings.</summary>
internal static class AdapterPackages
{
    public const string Query = "encoder.layer.0.attention.self.query";
    public const string Wide = "encoder.layer.1.intermediate.dense";
    public const string Table = "embeddings.word_embeddings";

    private static readonly string[] Texts = ["1 2 3", "10 20 30 40", "7", "999 1", "2 4 8 16 32"];

    public static string Init(string directory, ulong seed = 3)
    {
        ModelInit.Create(new ModelInitOptions { Architecture = "bert", HiddenSize = 16, Layers = 2, Heads = 2, MaxPositions = 32, Seed = seed }, directory);
        return directory;
    }

    /// <summary>A low-rank change of a layer of the package, with magnitudes near those of the base if asked for.</summary>
    public static LoraModule Change(string package, string module, int rank, uint seed, bool dora = false, float size = 0.3f)
    {
        using OnnxModel model = OnnxModel.Load(ModelPackage.Open(package).ModelPath);
        TensorData weight = model.Tensors[module + ".weight"];
        bool table = module == Table;
        int outputs = (int)weight.Shape[table ? 1 : 0], inputs = (int)weight.Shape[table ? 0 : 1];
        return new LoraModule(module, Random([rank, inputs], seed, size), Random([outputs, rank], seed + 1, size), 0, 0)
        {
            IsEmbedding = table,
            Magnitude = dora ? TensorData.From<float>([.. BareModels.Values(outputs, seed + 2).Select(value => .1f + (value * .02f))], outputs) : null,
        };
    }

    public static TensorData Random(long[] shape, uint seed, float size = 0.3f) =>
        TensorData.From<float>(Array.ConvertAll(BareModels.Values((int)TensorData.CountElements(shape), seed), value => value * size), shape);

    public static string Save(
        string directory, LoraSettings settings, IReadOnlyList<LoraModule> modules, IReadOnlyDictionary<string, TensorData>? whole = null)
    {
        using LoraAdapter adapter = LoraAdapter.Create(settings, modules, whole);
        adapter.Save(directory);
        return directory;
    }

    /// <summary>Embeddings by the package, another model in its place if one is given.</summary>
    public static float[] Embed(string package, OnnxModel? model = null, string? adapter = null)
    {
        ModelPackage opened = ModelPackage.Open(package);
        using LoraAdapter? loaded = adapter is null ? null : LoraAdapter.Load(adapter);
        using Embedder embedder = model is null
            ? Embedder.Open(opened, new EmbedderOptions(1), loaded)
            : Embedder.Open(opened, model, new EmbedderOptions(1));
        return embedder.Embed(Texts, TestContext.Current.CancellationToken).Values;
    }

    public static double LargestDifference(float[] first, float[] second)
    {
        Assert.Equal(first.Length, second.Length);
        return first.Zip(second, (a, b) => Math.Abs((double)a - b)).Max();
    }
}
