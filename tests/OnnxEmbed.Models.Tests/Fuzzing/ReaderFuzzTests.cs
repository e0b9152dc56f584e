using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using OnnxEmbed.Models.Tests.Tokenizers;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Decomposing;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Exports;
using OnnxEmbed.TestKit.Files;
using OnnxEmbed.TestKit.Fuzzing;
using OnnxEmbed.TestKit.Models;

namespace OnnxEmbed.Models.Tests.Fuzzing;

/// <summary>Files from strangers: changed at random, they give an error that a person can read, or are read.</summary>
public class ReaderFuzzTests(ITestOutputHelper output)
{
    [Fact]
    public void Onnx_ChangedBytes_GiveDataExceptions()
    {
        byte[][] models = [.. Models().Select(model => model.ToByteArray())];
        Fuzzer.Run("model.onnx", random => Mutations.Bytes(models[random.Next(models.Length)], random), ReadModel, output.WriteLine);
    }

    [Fact]
    public void Onnx_ChangedFields_GiveDataExceptions()
    {
        ModelProto[] models = [.. Models()];
        Fuzzer.Run(
            "model.onnx", random => Mutations.Model(models[random.Next(models.Length)], random).ToByteArray(), ReadModel, output.WriteLine);
    }

    [Fact]
    public void Safetensors_ChangedBytes_GiveDataExceptions()
    {
        using TemporaryDirectory directory = new();
        Dictionary<string, TensorData> tensors = new()
        {
            ["a.weight"] = TensorData.From<float>(new float[12], 3, 4),
            ["b"] = TensorData.From<long>([1, 2, 3], 3),
            ["c"] = TensorData.From<Half>([Half.One]),
        };
        SafetensorsWriter.Write(directory["file.safetensors"], tensors, new Dictionary<string, string> { ["format"] = "pt" });
        byte[] file = File.ReadAllBytes(directory["file.safetensors"]);
        int header = BitConverter.ToInt32(file);
        string json = Encoding.UTF8.GetString(file, 8, header);
        Fuzzer.Run("model.safetensors", Make, ReadSafetensors, output.WriteLine);

        byte[] Make(Random random)
        {
            if (random.Next(2) == 0)
            {
                return Mutations.Bytes(file, random);
            }

            byte[] changed = Encoding.UTF8.GetBytes(Mutations.Json(json, random));
            return [.. BitConverter.GetBytes((long)changed.Length), .. changed, .. file.AsSpan(8 + header)];
        }
    }

    [Fact]
    public void TokenizerJson_ChangedValuesAndBytes_GiveDataExceptions()
    {
        string[] files = [.. Tokenizers()];
        Fuzzer.Run("tokenizer.json", Make, ReadTokenizer, output.WriteLine);

        byte[] Make(Random random)
        {
            string file = files[random.Next(files.Length)];
            return random.Next(4) == 0
                ? Mutations.Bytes(Encoding.UTF8.GetBytes(file), random)
                : Encoding.UTF8.GetBytes(Mutations.Json(file, random));
        }
    }

    private static void ReadModel(string path)
    {
        using OnnxModel model = OnnxModel.Load(path);
        _ = model.EmbeddedTensors().Count();
        foreach (TensorData tensor in model.Tensors.Values)
        {
            _ = tensor.Slice(0, (int)Math.Min(16, tensor.ByteLength));
        }

        DecomposedGraph decomposed = Decomposer.Decompose(model);
        using OnnxModel plain = decomposed.ToModel();
        GraphBuilder.From(model);
    }

    private static void ReadSafetensors(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        foreach (TensorData tensor in file.Tensors.Values)
        {
            _ = tensor.Slice(0, (int)Math.Min(16, tensor.ByteLength));
        }
    }

    private static void ReadTokenizer(string path)
    {
        TokenizerJson tokenizer = TokenizerJson.Load(Path.GetDirectoryName(path)!);
        foreach (string text in (string[])["", "1, 2, 3", "Hello wörld ÀÉ [MASK] \ud83d\udc4d\ud83c\udffd 12345", "\0\u200d\ufffd a\ud800b"])
        {
            _ = tokenizer.Encode(text);
            tokenizer.EncodePair(text, "b", int.MaxValue, [], []);
        }
    }

    private static IEnumerable<ModelProto> Models()
    {
        using OnnxModel exported = new ExportedBert(TinyModels.Bert with { NumHiddenLayers = 1 }, TinyModels.Weights(TinyModels.Bert)).Build();
        using OnnxModel quantized = new ExportedBert(TinyModels.Bert with { NumHiddenLayers = 1 }, TinyModels.Weights(TinyModels.Bert), 13) { Quantized = true }.Build();
        using OnnxModel fused = new FusedBert(TinyModels.Bert with { NumHiddenLayers = 1 }, TinyModels.Weights(TinyModels.Bert)).Build();
        using OnnxModel llama = new FusedLlama(TinyModels.Llama with { NumHiddenLayers = 1 }, TinyModels.Weights(TinyModels.Llama)) { HasCache = true }.Build();
        foreach (OnnxModel model in (OnnxModel[])[exported, quantized, fused, llama])
        {
            yield return ModelProto.Parser.ParseFrom(model.ToBytes());
        }
    }

    private static IEnumerable<string> Tokenizers()
    {
        foreach (DigitTokenizerKind kind in Enum.GetValues<DigitTokenizerKind>())
        {
            using TemporaryDirectory directory = new();
            DigitTokenizer.Write(directory.Path, kind, 32);
            yield return File.ReadAllText(directory["tokenizer.json"]);
        }

        // One of every published kind; with few tokens a change falls on a component more often.
        foreach (string name in ReferenceData.Tokenizers.Select(pair => pair.Key))
        {
            JsonNode tokenizer = ReferenceData.Tokenizers[name]!.DeepClone();
            foreach (JsonArray list in ((JsonNode?[])[tokenizer["model"]!["merges"], tokenizer["model"]!["vocab"]]).OfType<JsonArray>())
            {
                list.RemoveRange(40, Math.Max(0, list.Count - 40));
            }

            yield return tokenizer.ToJsonString();
        }
    }
}
