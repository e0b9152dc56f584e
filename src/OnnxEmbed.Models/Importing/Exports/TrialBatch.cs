using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Importing.Exports;

/// <summary>
/// A padded batch of tokens that the exported file and the package are both run on, without optimisation by ONNX Runtime so that what is
/// compared are the graphs as they are written.
/// </summary>
internal sealed class TrialBatch
{
    private const int Texts = 4;
    private const int Tokens = 9;

    private static readonly int[] Lengths = [9, 4, 1, 7];

    private readonly long[] _ids = new long[Texts * Tokens];
    private readonly long[] _mask = new long[Texts * Tokens];

    /// <param name="vocabularySize">Ids are below it.</param>
    public TrialBatch(int vocabularySize)
    {
        Random random = new(20261124);
        for (int i = 0; i < _ids.Length; i++)
        {
            bool real = i % Tokens < Lengths[i / Tokens];
            _ids[i] = real ? random.Next(Math.Max(1, vocabularySize)) : 0;
            _mask[i] = real ? 1 : 0;
        }
    }

    public IReadOnlyList<long> Mask => _mask;

    public static int Count => Texts;

    public static int Length => Tokens;

    /// <summary>Whether a text's token is no padding.</summary>
    public static bool IsToken(int text, int position) => position < Lengths[text];

    /// <summary>Runs a model file; every input of the package contract and of the file is fed.</summary>
    /// <exception cref="DataException">ONNX Runtime refuses the model, or fails on it.</exception>
    public IReadOnlyList<float[]> Run(string path, ExportInputs? inputs, GraphProto? graph, params string[] outputs)
    {
        List<OrtValue> values = [];
        try
        {
            using SessionOptions options = new()
            {
                GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
                IntraOpNumThreads = 1,
                InterOpNumThreads = 1,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            };
            using InferenceSession session = new(path, options);
            string[] names = [.. session.InputNames];
            foreach (string name in names)
            {
                (string Name, string Meaning, ElementType Type)? found = inputs?.Found.Where(input => input.Name == name).Cast<(string, string, ElementType)?>().FirstOrDefault();
                values.Add(inputs?.Caches.Contains(name) == true
                    ? Empty(graph!.Input.First(input => input.Name == name))
                    : Feed(found?.Meaning ?? name, found?.Type ?? ElementType.Int64, inputs?.FirstPosition ?? 0));
            }

            using RunOptions run = new();
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(run, names, values, outputs);
            return [.. results.Select(Numbers)];
        }
        catch (OnnxRuntimeException e)
        {
            throw new DataException($"{path}: ONNX Runtime cannot run the model: {e.Message.ReplaceLineEndings(" ")}", e);
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }
    }

    private OrtValue Feed(string meaning, ElementType type, int firstPosition)
    {
        long[] numbers = meaning switch
        {
            EncoderInputs.InputIdsName => _ids,
            EncoderInputs.AttentionMaskName => _mask,
            EncoderInputs.TokenTypeIdsName => new long[_ids.Length],
            _ => [.. _mask.Select((one, i) => one * ((i % Tokens) + firstPosition))],
        };
        long[] shape = [Texts, Tokens];
        return type == ElementType.Int64
            ? OrtValue.CreateTensorValueFromMemory(numbers, shape)
            : OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(numbers, number => (int)number), shape);
    }

    private static OrtValue Empty(ValueInfoProto cache)
    {
        TypeProto.Types.Tensor type = cache.Type.TensorType;
        long[] shape = [.. type.Shape.Dim.Select((dim, axis) => dim.DimValue > 0 ? dim.DimValue : axis == 0 ? Texts : 0)];
        return (ElementType)type.ElemType switch
        {
            ElementType.Float32 => OrtValue.CreateTensorValueFromMemory(Array.Empty<float>(), shape),
            ElementType.Float16 => OrtValue.CreateTensorValueFromMemory(Array.Empty<Float16>(), shape),
            ElementType other => throw new DataException($"input {cache.Name}: needs f32 or f16, got {other.ShortName()}"),
        };
    }

    private static float[] Numbers(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        return info.ElementDataType switch
        {
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float => value.GetTensorDataAsSpan<float>().ToArray(),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float16 => Array.ConvertAll(value.GetTensorDataAsSpan<Float16>().ToArray(), half => (float)half),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType other => throw new DataException($"needs outputs in f32 or f16, got {other}"),
        };
    }
}
