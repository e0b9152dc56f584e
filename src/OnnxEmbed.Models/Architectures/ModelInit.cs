using OnnxEmbed.Models.Architectures.Decoders;
using OnnxEmbed.Models.Architectures.Encoders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Architectures;

/// <summary>Makes packages of fresh models: seeded random weights and the digit tokenizer.</summary>
public static class ModelInit
{
    /// <summary>Architectures that are built.</summary>
    public static IReadOnlyList<string> Architectures { get; } = ["bert", "llama"];

    /// <summary>Writes a package; the same options give the same bytes.</summary>
    /// <param name="options">Sizes and seed.</param>
    /// <param name="directory">Where the package shall appear.</param>
    /// <param name="force">Whether a directory of that name is replaced.</param>
    /// <exception cref="OptionException">Options are wrong (all of them are listed), or the path is taken.</exception>
    public static ModelPackage Create(ModelInitOptions options, string directory, bool force = false)
    {
        ModelConfig config = ConfigOf(options);
        TensorSource weights = SeededWeights.For(config, options.Seed);
        bool decoder = config.IsDecoder;
        PoolingMode pooling = options.Pooling ?? (decoder ? PoolingMode.Last : PoolingMode.Mean);
        return ModelPackage.Create(
            directory,
            new PackageContents
            {
                Config = config,
                Pooling = pooling,
                Normalize = options.Normalize,
                MaxLength = options.MaxPositions,
                WriteTokenizer = target => DigitTokenizer.Write(
                    target, decoder ? DigitTokenizerKind.Decoder : DigitTokenizerKind.Encoder, options.MaxPositions),
                WriteModel = path =>
                {
                    GraphBuilder graph = EncoderGraph.Model(config, pooling, options.Normalize, weights);
                    (ModelProto proto, IReadOnlyDictionary<string, TensorData> tensors) = graph.ToModel();
                    using OnnxModel model = new(proto, tensors);
                    model.Save(path);
                },
                Head = LanguageModelHead.Parameters(config).ToDictionary(
                    parameter => parameter.Key, parameter => weights(parameter.Key, parameter.Value)),
                Provenance = new Provenance(
                    "init", Resolved(options, config, pooling), [], new Dictionary<string, ulong> { ["weights"] = options.Seed }),
                Description = "A fresh model: its weights are random and it has learned nothing. "
                    + "One token is one character of number text.",
            },
            force);
    }

    /// <summary>The config that the options stand for.</summary>
    /// <exception cref="OptionException">Options are wrong; all of them are listed.</exception>
    public static ModelConfig ConfigOf(ModelInitOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<string> faults = [];
        void Check(bool right, string option, string needs, object? got)
        {
            if (!right)
            {
                faults.Add(FormattableString.Invariant($"{option}: needs {needs}, got {got}"));
            }
        }

        Check(Architectures.Contains(options.Architecture), "architecture", string.Join(" or ", Architectures), options.Architecture);
        Check(options.HiddenSize is >= 1 and <= 1 << 16, "hidden size", "a number in [1, 65536]", options.HiddenSize);
        Check(options.Layers is >= 1 and <= 1024, "layers", "a number in [1, 1024]", options.Layers);
        Check(
            options.Heads is >= 1 and <= 1024 && options.HiddenSize % options.Heads == 0,
            "heads", $"a divisor of the hidden size ({options.HiddenSize})", options.Heads);
        Check(options.MaxPositions is >= 8 and <= 1 << 17, "maximum length", "a number in [8, 131072]", options.MaxPositions);
        Check(
            options.IntermediateSize is null or (>= 1 and <= 1 << 18),
            "intermediate size", "a number in [1, 262144]", options.IntermediateSize);
        if (options.Architecture == "llama")
        {
            Check(
                options.KeyValueHeads is null || (options.KeyValueHeads >= 1 && options.Heads % options.KeyValueHeads == 0),
                "key/value heads", $"a divisor of the heads ({options.Heads})", options.KeyValueHeads);
            Check(
                options.Heads < 1 || options.HiddenSize / options.Heads % 2 == 0,
                "heads", "an even width of a head (hidden size / heads) for rotary positions", options.Heads);
        }
        else
        {
            Check(
                options.KeyValueHeads is null || options.KeyValueHeads == options.Heads,
                "key/value heads", "the number of heads in an encoder", options.KeyValueHeads);
        }

        if (faults.Count > 0)
        {
            throw new OptionException(string.Join("; ", faults));
        }

        int vocabulary = DigitTokenizer.Vocabulary.Count;
        return options.Architecture == "bert"
            ? new BertConfig
            {
                VocabSize = vocabulary,
                HiddenSize = options.HiddenSize,
                NumHiddenLayers = options.Layers,
                NumAttentionHeads = options.Heads,
                IntermediateSize = options.IntermediateSize ?? 4 * options.HiddenSize,
                MaxPositionEmbeddings = options.MaxPositions,
                HiddenAct = "gelu",
                PadTokenId = DigitTokenizer.PadId,
            }
            : new LlamaConfig
            {
                VocabSize = vocabulary,
                HiddenSize = options.HiddenSize,
                NumHiddenLayers = options.Layers,
                NumAttentionHeads = options.Heads,
                NumKeyValueHeads = options.KeyValueHeads ?? options.Heads,
                HeadDim = options.HiddenSize / options.Heads,
                IntermediateSize = options.IntermediateSize ?? ((8 * options.HiddenSize / 3) + 31) / 32 * 32,
                MaxPositionEmbeddings = options.MaxPositions,
                TieWordEmbeddings = options.TieHead,
                HiddenAct = "silu",
                PadTokenId = DigitTokenizer.PadId,
                BosTokenId = DigitTokenizer.ClsId,
                EosTokenId = DigitTokenizer.SepId,
            };
    }

    private static Dictionary<string, object?> Resolved(ModelInitOptions options, ModelConfig config, PoolingMode pooling) => new()
    {
        ["architecture"] = options.Architecture,
        ["hidden_size"] = config.HiddenSize,
        ["layers"] = config.NumHiddenLayers,
        ["heads"] = config.NumAttentionHeads,
        ["key_value_heads"] = (config as LlamaConfig)?.NumKeyValueHeads ?? config.NumAttentionHeads,
        ["intermediate_size"] = config.IntermediateSize,
        ["max_positions"] = config.MaxPositionEmbeddings,
        ["pooling"] = pooling.ToString().ToLowerInvariant(),
        ["normalize"] = options.Normalize,
        ["tie_head"] = config is not LlamaConfig llama || llama.TieWordEmbeddings,
        ["tokenizer"] = "digit",
    };
}
