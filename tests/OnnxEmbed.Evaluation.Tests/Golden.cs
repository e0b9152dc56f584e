using System.Text.Json;

namespace OnnxEmbed.Evaluation.Tests;

/// <summary>One set of embeddings with what scikit-learn 1.2.1 says of it; made by scripts/make_metric_goldens.py.</summary>
internal sealed class Golden
{
    private readonly JsonElement _root;

    private Golden(JsonElement root) => _root = root;

    public static string[] SetNames { get; } = [.. Resources()
        .Where(name => name.EndsWith(".json", StringComparison.Ordinal) && name.Count('.') == 1)
        .Select(name => name["Goldens/".Length..^".json".Length]).Order(StringComparer.Ordinal)];

    public EmbeddingMatrix Embeddings => new(Floats("embeddings"), Int("rows"), Int("width"));

    public int[] Labels => Ints("labels");

    public static Golden Set(string name) => new(Json(name + ".json"));

    public static JsonElement Json(string file)
    {
        using Stream stream = typeof(Golden).Assembly.GetManifestResourceStream("Goldens/" + file)!;
        return JsonDocument.Parse(stream).RootElement;
    }

    public static string Text(string file)
    {
        using StreamReader reader = new(typeof(Golden).Assembly.GetManifestResourceStream("Goldens/" + file)!);
        return reader.ReadToEnd();
    }

    public bool Has(string name) => _root.TryGetProperty(name, out _);

    public bool Flag(string name) => _root.GetProperty(name).GetBoolean();

    public int Int(string name) => _root.GetProperty(name).GetInt32();

    public double Value(string name) => _root.GetProperty(name).GetDouble();

    public double[] Values(string name) => [.. _root.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];

    public float[] Floats(string name) => [.. _root.GetProperty(name).EnumerateArray().Select(value => (float)value.GetDouble())];

    public int[] Ints(string name) => [.. _root.GetProperty(name).EnumerateArray().Select(value => value.GetInt32())];

    private static IEnumerable<string> Resources() =>
        typeof(Golden).Assembly.GetManifestResourceNames().Where(name => name.StartsWith("Goldens/", StringComparison.Ordinal));
}
