using OnnxEmbed.Merging.Recipes;
using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Recipes;

/// <summary>A directory with recipes of this project's own and models <c>a.onnx</c>, <c>b.onnx</c>, … of three layers that they name.</summary>
internal sealed class RecipeFixture : IDisposable
{
    public const int Layers = 3;
    private const int Width = 4;

    private static readonly string[] Modules = ["attention.self.query", "attention.output.dense", "intermediate.dense", "output.dense"];

    private readonly TemporaryDirectory _directory = new();

    public RecipeFixture(params string[] models)
    {
        for (int i = 0; i < models.Length; i++)
        {
            WriteModel(this[models[i]], (uint)(10 * (i + 1)));
        }
    }

    public string this[string name] => _directory[name];

    public static string Text(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Recipes", "Files", name));

    /// <summary>Copies a recipe of this project beside the models.</summary>
    public string Recipe(string name)
    {
        File.WriteAllText(this[name], Text(name));
        return this[name];
    }

    public string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    public MergeReport Run(string recipe, string output) => RecipeFile.Load(recipe).Run(
        this[output], options => options with { DegreeOfParallelism = 2 }, cancellation: TestContext.Current.CancellationToken);

    public double[] Values(string model, string tensor) => BareModels.Read(this[model], tensor).ToDoubles();

    public IReadOnlyList<string> Entries => [.. Directory.EnumerateFileSystemEntries(_directory.Path).Select(entry => Path.GetFileName(entry)!).Order(StringComparer.Ordinal)];

    public void Dispose() => _directory.Dispose();

    private static void WriteModel(string path, uint seed)
    {
        Dictionary<string, TensorData> tensors = new(StringComparer.Ordinal);
        List<NodeProto> nodes = [];
        string last = "ids";
        void Add(string name, params long[] shape)
        {
            int count = (int)shape.Aggregate(1L, (product, dim) => product * dim);
            tensors.Add(name, TensorData.From<float>(BareModels.Values(count, seed++), shape));
            nodes.Add(BareModels.Node(shape.Length == 2 ? "MatMul" : "Add", [last, name], name + ".out"));
            last = name + ".out";
        }

        Add("embeddings.word_embeddings.weight", 8, Width);
        for (int layer = 0; layer < Layers; layer++)
        {
            foreach (string module in Modules)
            {
                Add($"encoder.layer.{layer}.{module}.weight", Width, Width);
                Add($"encoder.layer.{layer}.{module}.bias", Width);
            }
        }

        Add("pooler.dense.weight", Width, Width);
        BareModels.Write(path, tensors, ExternalDataMode.Auto, nodes);
    }
}
