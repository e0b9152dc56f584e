using System.Text.Json.Nodes;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.Models.Tests.Architectures.Decoders;

/// <summary>One case of one family in the directories that <c>scripts/reference/decoders.py</c> writes.</summary>
internal sealed class ReferenceDecoder
{
    public static readonly string[] Families =
        ["llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3_text", "gpt2", "gpt_neox", "phi3"];

    private readonly Dictionary<string, TensorData> _weights;

    public ReferenceDecoder(string family, string name)
    {
        JsonNode cases = JsonNode.Parse(File.ReadAllText(PathOf(family, "cases.json")))!;
        JsonNode change = cases["cases"]![name]!;
        Config = Read(family, change["config"] as JsonObject);
        Config = (string?)change["attention"] == "bidirectional" ? Config with { Attention = AttentionKind.Bidirectional } : Config;
        Texts = [.. cases["input_ids"]!.AsArray().Select(row => row!.AsArray().Select(id => (long)id!).ToArray())];
        Ragged = [.. Texts.Zip(cases["lengths"]!.AsArray(), (text, length) => text[..(int)length!])];
        using SafetensorsFile expected = SafetensorsFile.Open(PathOf(family, "expected.safetensors"));
        Full = expected.Tensors[name + ".full"].ToSingles();
        RaggedStates = expected.Tensors[name + ".ragged"].ToSingles();
        _weights = Weights(family);
    }

    public ModelConfig Config { get; }

    /// <summary>Token ids of three texts of 12.</summary>
    public long[][] Texts { get; }

    /// <summary>Their first 12, 7 and 3.</summary>
    public long[][] Ragged { get; }

    /// <summary>Hidden states of <see cref="Texts"/>, [3, 12, H].</summary>
    public float[] Full { get; }

    /// <summary>Hidden states of <see cref="Ragged"/> one after another, [22, H].</summary>
    public float[] RaggedStates { get; }

    public static string PathOf(string family, string file) =>
        Path.Combine(AppContext.BaseDirectory, "Architectures", "Decoders", family, file);

    /// <summary>The names of the cases of a family.</summary>
    public static IEnumerable<string> Cases(string family) =>
        JsonNode.Parse(File.ReadAllText(PathOf(family, "cases.json")))!["cases"]!.AsObject().Select(member => member.Key);

    /// <summary>The family's config with some fields changed; a field that is removed has the value <c>"absent"</c>.</summary>
    public static ModelConfig Read(string family, JsonObject? change)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(PathOf(family, "config.json")))!.AsObject();
        foreach ((string field, JsonNode? value) in change ?? [])
        {
            config[field] = value?.DeepClone();
            if (value is JsonValue text && text.TryGetValue(out string? word) && word == "absent")
            {
                config.Remove(field);
            }
        }

        return ModelConfig.Read(JsonField.Parse("config.json", System.Text.Encoding.UTF8.GetBytes(config.ToJsonString())));
    }

    /// <summary>The tensors of the checkpoint in f32 under the names that the graph asks for.</summary>
    public static Dictionary<string, TensorData> Weights(string family)
    {
        string prefix = KnownArchitectures.Find(family)!.Prefixes[0];
        using SafetensorsFile file = SafetensorsFile.Open(PathOf(family, "model.safetensors"));
        return file.Tensors.ToDictionary(
            tensor => tensor.Key.StartsWith(prefix, StringComparison.Ordinal) ? tensor.Key[prefix.Length..] : tensor.Key,
            tensor => TensorData.From<float>(tensor.Value.ToSingles(), [.. tensor.Value.Shape]));
    }

    public byte[] Model(PoolingMode pooling = PoolingMode.Last, bool normalize = false) =>
        EncoderGraph.Model(Config, pooling, normalize, ParameterSources.From(_weights, "model.safetensors")).ToBytes();

    /// <summary>Hidden states of the tokens (padding left out), text by text, and the vectors of the texts.</summary>
    public (float[] Hidden, float[] Vectors) Run(long[][] texts, bool left = false, int padding = 0, PoolingMode pooling = PoolingMode.Last)
    {
        using OrtGraphRunner runner = new(Model(pooling));
        int length = texts.Max(text => text.Length) + padding;
        int Start(long[] text, int row) => (row * length) + (left ? length - text.Length : 0);
        long[] ids = new long[texts.Length * length];
        long[] mask = new long[ids.Length];
        foreach ((int row, long[] text) in texts.Index())
        {
            text.CopyTo(ids, Start(text, row));
            mask.AsSpan(Start(text, row), text.Length).Fill(1);
        }

        Dictionary<string, TensorData> inputs = new()
        {
            [EncoderInputs.InputIdsName] = TensorData.From<long>(ids, texts.Length, length),
            [EncoderInputs.AttentionMaskName] = TensorData.From<long>(mask, texts.Length, length),
        };
        IReadOnlyDictionary<string, TensorData> outputs = runner.Run(inputs);
        float[] states = outputs[EncoderGraph.HiddenStateName].ToArray<float>();
        int width = Config.HiddenSize;
        float[] hidden = [.. texts.SelectMany((text, row) => states.AsSpan(Start(text, row) * width, text.Length * width).ToArray())];
        return (hidden, outputs[EncoderGraph.SentenceEmbeddingName].ToArray<float>());
    }
}
