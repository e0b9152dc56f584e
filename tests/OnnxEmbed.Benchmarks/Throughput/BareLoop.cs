using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Tokenizers;

namespace OnnxEmbed.Benchmarks.Throughput;

/// <summary>
/// What ONNX Runtime alone takes: all texts sorted by length, batches by a budget of tokens, their tensors made before the clock starts, one run
/// after the other with all threads.
/// </summary>
internal sealed class BareLoop : IDisposable
{
    private static readonly string[] Names = [EncoderInputs.InputIdsName, EncoderInputs.AttentionMaskName, EncoderInputs.TokenTypeIdsName];

    private readonly InferenceSession _session;
    private readonly List<OrtValue[]> _batches = [];

    public BareLoop(string model, IReadOnlyList<string> texts, ITextTokenizer tokenizer, int maxLength, int maxTokens, int threads)
    {
        using SessionOptions options = new() { IntraOpNumThreads = threads, EnableMemoryPattern = false };
        _session = new InferenceSession(model, options);
        int[][] ids = [.. texts.Select(text => tokenizer.Encode(text, maxLength)).OrderByDescending(each => each.Length)];
        for (int start = 0; start < ids.Length;)
        {
            int length = ids[start].Length;
            int rows = Math.Clamp(maxTokens / Math.Max(1, length), 1, ids.Length - start);
            long[] input = new long[rows * length];
            long[] mask = new long[input.Length];
            for (int row = 0; row < rows; row++)
            {
                for (int k = 0; k < length; k++)
                {
                    bool present = k < ids[start + row].Length;
                    input[(row * length) + k] = present ? ids[start + row][k] : (tokenizer.PadId ?? 0);
                    mask[(row * length) + k] = present ? 1 : 0;
                }
            }

            long[] shape = [rows, length];
            _batches.Add([
                OrtValue.CreateTensorValueFromMemory(input, shape),
                OrtValue.CreateTensorValueFromMemory(mask, shape),
                OrtValue.CreateTensorValueFromMemory(new long[input.Length], shape),
            ]);
            start += rows;
        }
    }

    public int Batches => _batches.Count;

    public void Run()
    {
        using RunOptions run = new();
        foreach (OrtValue[] inputs in _batches)
        {
            using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(run, Names, inputs, [EncoderGraph.SentenceEmbeddingName]);
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        foreach (OrtValue value in _batches.SelectMany(batch => batch))
        {
            value.Dispose();
        }
    }
}
