using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Embedders;

/// <summary>
/// The memory of one run: ids, mask, segments and vectors of a batch, handed to ONNX Runtime in place and used again for the next batch.
/// Not thread-safe.
/// </summary>
internal sealed class BatchBuffers(IReadOnlyList<string> inputNames, int width) : IDisposable
{
    private static readonly string[] OutputNames = [EncoderGraph.SentenceEmbeddingName];

    private readonly RunOptions _run = new();
    private long[] _ids = [];
    private long[] _mask = [];
    private long[] _types = [];
    private float[] _vectors = [];

    /// <summary>Runs one batch.</summary>
    /// <returns>The vectors, [texts of the batch, width], until the next run.</returns>
    public ReadOnlySpan<float> Run(InferenceSession session, TokenizedTexts texts, ReadOnlySpan<int> batch, int padId)
    {
        // A text may have no token where the tokenizer puts none around it; the model then sees padding only.
        int length = 1;
        foreach (int text in batch)
        {
            length = Math.Max(length, texts.LengthOf(text));
        }

        Fill(texts, batch, length, padId);
        long[] shape = [batch.Length, length];
        int tokens = batch.Length * length;
        List<OrtValue> inputs = new(inputNames.Count);
        try
        {
            foreach (string name in inputNames)
            {
                long[] values = name switch
                {
                    EncoderInputs.InputIdsName => _ids,
                    EncoderInputs.AttentionMaskName => _mask,
                    _ => _types,
                };
                inputs.Add(OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, values.AsMemory(0, tokens), shape));
            }

            using OrtValue output = OrtValue.CreateTensorValueFromMemory(
                OrtMemoryInfo.DefaultInstance, _vectors.AsMemory(0, batch.Length * width), [batch.Length, width]);
            session.Run(_run, inputNames, inputs, OutputNames, [output]);
        }
        finally
        {
            foreach (OrtValue input in inputs)
            {
                input.Dispose();
            }
        }

        ReadOnlySpan<float> vectors = _vectors.AsSpan(0, batch.Length * width);
        int wrong = vectors.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        return wrong < 0
            ? vectors
            : throw new DataException(string.Create(
                CultureInfo.InvariantCulture,
                $"needs finite vectors, got {vectors[wrong]} at {wrong % width} for {texts.NameOf(batch[wrong / width])}; are its weights finite?"));
    }

    public void Dispose() => _run.Dispose();

    private void Fill(TokenizedTexts texts, ReadOnlySpan<int> batch, int length, int padId)
    {
        int tokens = batch.Length * length;
        if (_ids.Length < tokens)
        {
            (_ids, _mask, _types) = (new long[tokens], new long[tokens], new long[tokens]);
        }

        if (_vectors.Length < batch.Length * width)
        {
            _vectors = new float[batch.Length * width];
        }

        for (int i = 0; i < batch.Length; i++)
        {
            ReadOnlySpan<int> ids = texts[batch[i]];
            Span<long> row = _ids.AsSpan(i * length, length);
            System.Numerics.Tensors.TensorPrimitives.ConvertChecked<int, long>(ids, row);
            row[ids.Length..].Fill(padId);
            Span<long> mask = _mask.AsSpan(i * length, length);
            mask[..ids.Length].Fill(1);
            mask[ids.Length..].Clear();
        }
    }
}
