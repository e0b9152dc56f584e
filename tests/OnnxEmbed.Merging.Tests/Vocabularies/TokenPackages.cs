using System.Text.Json.Nodes;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Encoders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Vocabularies;

/// <summary>Tiny BERT packages with vocabularies of words: special tokens at 0 to 4, then the words in the order given.</summary>
internal static class TokenPackages
{
    public const string Table = "embeddings.word_embeddings.weight";
    public const int Width = 8;

    private static readonly string[] Special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    /// <summary>Writes a package.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="words">Its words.</param>
    /// <param name="seed">Seed of its table and head.</param>
    /// <param name="body">Seed of its other weights.</param>
    /// <param name="more">Rows behind the last token.</param>
    public static string Write(string directory, string words, uint seed, uint body = 1, int more = 0)
    {
        string[] tokens = [.. Special, .. words.Split(' ')];
        BertConfig config = new()
        {
            VocabSize = tokens.Length + more,
            HiddenSize = Width,
            NumHiddenLayers = 2,
            NumAttentionHeads = 2,
            IntermediateSize = 16,
            MaxPositionEmbeddings = 32,
            PadTokenId = 0,
            HiddenAct = "gelu",
        };
        TensorSource source = (name, shape) => TensorData.From<float>(
            Values(name, shape, name == Table || name.StartsWith("cls", StringComparison.Ordinal) ? seed : body), shape);
        ModelPackage.Create(directory, new PackageContents
        {
            Config = config,
            Pooling = PoolingMode.Mean,
            Normalize = true,
            MaxLength = 32,
            WriteTokenizer = target => WriteTokenizer(target, tokens),
            WriteModel = path =>
            {
                (ModelProto proto, IReadOnlyDictionary<string, TensorData> tensors) = EncoderGraph.Model(config, PoolingMode.Mean, true, source).ToModel();
                using OnnxModel model = new(proto, tensors);
                model.Save(path);
            },
            Head = LanguageModelHead.Parameters(config).ToDictionary(parameter => parameter.Key, parameter => source(parameter.Key, parameter.Value)),
            Provenance = new Provenance("init", new Dictionary<string, object?>(), [], new Dictionary<string, ulong>()),
        });
        return directory;
    }

    /// <summary>The row of a token of a package, by its tokenizer and its table; null where it has none.</summary>
    public static double[]? Row(string package, string token)
    {
        JsonNode ids = JsonNode.Parse(File.ReadAllText(Path.Combine(package, "tokenizer.json")))!["model"]!["vocab"]!;
        return ids[token] is { } id ? Rows(package)[id.GetValue<int>()] : null;
    }

    public static double[][] Rows(string package)
    {
        using OnnxModel model = OnnxModel.Load(Path.Combine(package, "onnx/model.onnx"));
        return [.. model.Tensors[Table].ToDoubles().Chunk(Width)];
    }

    public static Dictionary<string, int> Ids(string package) => JsonNode.Parse(File.ReadAllText(Path.Combine(package, "tokenizer.json")))!["model"]!["vocab"]!
        .AsObject().ToDictionary(entry => entry.Key, entry => entry.Value!.GetValue<int>());

    /// <summary>Gives the graph an output layer of its own over the tokens, [H, V] with a bias, and the output <c>logits</c>.</summary>
    public static void AddHead(string package, uint seed)
    {
        string path = Path.Combine(package, "onnx/model.onnx");
        ModelProto proto;
        Dictionary<string, TensorData> tensors;
        using (OnnxModel model = OnnxModel.Load(path))
        {
            proto = new(model.Proto);
            tensors = model.Tensors.ToDictionary(entry => entry.Key, entry => BareModels.Read(path, entry.Key));
        }

        int count = (int)tensors[Table].Shape[0];
        Add("lm_head", Width, count);
        Add("lm_bias", count);
        proto.Graph.Node.Add(BareModels.Node("MatMul", ["last_hidden_state", "lm_head"], "scores"));
        proto.Graph.Node.Add(BareModels.Node("Add", ["scores", "lm_bias"], "logits"));
        ValueInfoProto output = new() { Name = "logits", Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1, Shape = new TensorShapeProto() } } };
        output.Type.TensorType.Shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "batch_size" });
        output.Type.TensorType.Shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "sequence_length" });
        output.Type.TensorType.Shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = count });
        proto.Graph.Output.Add(output);
        using OnnxModel made = new(proto, tensors);
        made.Save(path, new OnnxWriteOptions { Force = true });

        void Add(string name, params long[] shape)
        {
            tensors[name] = TensorData.From<float>(Values(name, shape, seed), shape);
            TensorProto head = new() { Name = name, DataType = 1 };
            head.Dims.AddRange(shape);
            proto.Graph.Initializer.Add(head);
        }
    }

    private static float[] Values(string name, long[] shape, uint seed)
    {
        uint hash = name.Aggregate(seed, (sum, letter) => unchecked((sum * 31) + letter));
        float[] values = BareModels.Values((int)shape.Aggregate(1L, (product, extent) => product * extent), hash);
        bool norm = name.EndsWith("LayerNorm.weight", StringComparison.Ordinal);
        return [.. values.Select(value => norm ? 1 + (value / 8) : value / 2)];
    }

    private static void WriteTokenizer(string directory, string[] tokens)
    {
        JsonObject vocabulary = new(tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id)));
        JsonArray added = new([.. Special.Select((token, id) => (JsonNode)new JsonObject
        {
            ["id"] = id, ["content"] = token, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = true,
        })]);
        JsonObject json = new()
        {
            ["version"] = "1.0",
            ["added_tokens"] = added,
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "WhitespaceSplit" },
            ["post_processor"] = JsonNode.Parse("""
                {"type": "TemplateProcessing",
                 "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
                 "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
                 "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}, "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}}
                """),
            ["decoder"] = new JsonObject { ["type"] = "WordPiece", ["prefix"] = "##", ["cleanup"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece",
                ["unk_token"] = "[UNK]",
                ["continuing_subword_prefix"] = "##",
                ["max_input_chars_per_word"] = 100,
                ["vocab"] = vocabulary,
            },
        };
        File.WriteAllText(Path.Combine(directory, "tokenizer.json"), json.ToJsonString());
        File.WriteAllText(Path.Combine(directory, "vocab.txt"), string.Concat(tokens.Select(token => token + "\n")));
        File.WriteAllText(Path.Combine(directory, "tokenizer_config.json"), """{"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}""");
    }
}
