using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Shipping;

/// <summary>Runs a shipped file as its consumer does and compares the vectors with the package's. Axes: B texts, S tokens, H width.</summary>
internal sealed class ConsumerCheck(ModelPackage package, ConsumerReading reading, int threads)
{
    private static readonly string[] Texts = ["1, 4, 9, 16, 25, 36, 49, 64", "2, 3, 5", "An embedding is a vector.", "7"];

    /// <summary>Vectors of the package, f32 [B, H].</summary>
    public float[] Expected()
    {
        using Embedder embedder = Embedder.Open(package, new EmbedderOptions(Threads: threads));
        return embedder.Embed(Texts).Values;
    }

    /// <summary>The file's vectors against those of the package.</summary>
    /// <exception cref="DataException">ONNX Runtime does not run the file, or its output is not what the consumer expects.</exception>
    public ShippedModel Compare(string name, string path, float[] expected)
    {
        float[] actual;
        try
        {
            actual = Run(path);
        }
        catch (OnnxRuntimeException e)
        {
            throw new DataException($"{name}: ONNX Runtime cannot run what was shipped: {e.Message}", e);
        }

        int width = expected.Length / Texts.Length;
        if (actual.Length != expected.Length)
        {
            throw new DataException($"{name}: needs vectors of {width} numbers, got {actual.Length / Texts.Length}");
        }

        double difference = 0;
        double cosine = 1;
        for (int text = 0; text < Texts.Length; text++)
        {
            double[] ours = Vector(expected.AsSpan(text * width, width));
            double[] theirs = Vector(actual.AsSpan(text * width, width));
            (double product, double a, double b) = (0, 0, 0);
            for (int i = 0; i < width; i++)
            {
                product += ours[i] * theirs[i];
                a += ours[i] * ours[i];
                b += theirs[i] * theirs[i];
                double here = Math.Abs(ours[i] - theirs[i]);
                difference = double.IsNaN(here) ? double.NaN : Math.Max(difference, here);
            }

            cosine = Math.Min(cosine, product / Math.Sqrt(a * b));
        }

        return new ShippedModel(name, difference, cosine);
    }

    // Where the consumer scales vectors that the package does not scale, directions are compared.
    private double[] Vector(ReadOnlySpan<float> vector)
    {
        double[] values = new double[vector.Length];
        double sum = 0;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = vector[i];
            sum += values[i] * values[i];
        }

        return reading.Normalizes ? Array.ConvertAll(values, value => value / Math.Sqrt(sum)) : values;
    }

    private float[] Run(string path)
    {
        using SessionOptions options = new() { IntraOpNumThreads = threads, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        using InferenceSession session = new(path, options);
        (long[] ids, long[] mask, int length) = Tokens();
        long[] types = new long[ids.Length];
        long[] shape = [Texts.Length, length];
        using OrtValue idsValue = OrtValue.CreateTensorValueFromMemory(ids, shape);
        using OrtValue maskValue = OrtValue.CreateTensorValueFromMemory(mask, shape);
        using OrtValue typesValue = OrtValue.CreateTensorValueFromMemory(types, shape);
        OrtValue[] inputs = [.. session.InputNames.Select(name => name switch
        {
            EncoderInputs.InputIdsName => idsValue,
            EncoderInputs.AttentionMaskName => maskValue,
            _ => typesValue,
        })];
        string output = reading.Output ?? session.OutputNames[0];
        using RunOptions run = new();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(run, session.InputNames, inputs, [output]);
        long[] found = results[0].GetTensorTypeAndShape().Shape;
        float[] values = results[0].GetTensorDataAsSpan<float>().ToArray();
        return reading.Pooling is not { } pooling ? values
            : found.Length == 3 ? Transform(Pool(values, mask, length, (int)found[2], pooling))
            : throw new DataException($"{Path.GetFileName(path)}: needs an output {output} of tokens, got [{string.Join(", ", found)}]");
    }

    // The Dense modules as sentence-transformers runs them: from the weights in their directories.
    private float[] Transform(float[] vectors)
    {
        if (!reading.RunsDense || package.Dense.Count == 0)
        {
            return vectors;
        }

        GraphBuilder graph = new("dense");
        Value input = graph.Input("x", ElementType.Float32, Texts.Length, package.Dense[0].InFeatures);
        List<SafetensorsFile> files = [.. package.Dense.Select(layer => SafetensorsFile.Open(Path.Combine(package.FullPath, layer.Path, DenseLayer.WeightsFile)))];
        try
        {
            Dictionary<string, TensorData> weights = package.Dense
                .Zip(files, (layer, file) => layer.Parameters.Select(parameter => (parameter.InGraph, Values: file.Tensors[parameter.InModule])))
                .SelectMany(parameters => parameters)
                .ToDictionary(parameter => parameter.InGraph, parameter => parameter.Values);
            graph.Output(SentenceVector.Transform(graph, input, package.Dense, ParameterSources.Initializers(graph, ParameterSources.From(weights, package.FullPath))), "y");
            using InferenceSession session = new(graph.ToBytes());
            using OrtValue x = OrtValue.CreateTensorValueFromMemory(vectors, [Texts.Length, package.Dense[0].InFeatures]);
            using RunOptions run = new();
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(run, ["x"], [x], ["y"]);
            return results[0].GetTensorDataAsSpan<float>().ToArray();
        }
        finally
        {
            files.ForEach(file => file.Dispose());
        }
    }

    private (long[] Ids, long[] Mask, int Length) Tokens()
    {
        ITextTokenizer tokenizer = package.Tokenizer;
        List<List<int>> rows = [];
        foreach (string text in Texts)
        {
            List<int> row = [];
            tokenizer.Encode(package.DefaultPrompt + text, package.MaxLength, row);
            rows.Add(row);
        }

        int length = rows.Max(row => row.Count);
        long[] ids = new long[rows.Count * length];
        long[] mask = new long[ids.Length];
        Array.Fill(ids, tokenizer.PadId ?? 0);
        for (int r = 0; r < rows.Count; r++)
        {
            int start = (r * length) + (reading.PadsLeft ? length - rows[r].Count : 0);
            for (int i = 0; i < rows[r].Count; i++)
            {
                (ids[start + i], mask[start + i]) = (rows[r][i], 1);
            }
        }

        return (ids, mask, length);
    }

    // [B, S, H] to [B, H], in double: a second writing of what the graph does.
    private static float[] Pool(float[] states, long[] mask, int length, int width, PoolingMode pooling)
    {
        float[] vectors = new float[mask.Length / length * width];
        for (int text = 0; text < mask.Length / length; text++)
        {
            int[] tokens = [.. Enumerable.Range(0, length).Where(token => mask[(text * length) + token] != 0)];
            for (int i = 0; i < width; i++)
            {
                double At(int token) => states[(((text * length) + token) * width) + i];
                vectors[(text * width) + i] = (float)(pooling switch
                {
                    PoolingMode.Mean => tokens.Sum(At) / tokens.Length,
                    PoolingMode.Cls => At(tokens[0]),
                    PoolingMode.Last => At(tokens[^1]),
                    PoolingMode.Max => tokens.Max(At),
                    PoolingMode.MeanSqrtLen => tokens.Sum(At) / Math.Sqrt(tokens.Length),
                    PoolingMode.WeightedMean => tokens.Select((token, place) => At(token) * (place + 1)).Sum() / (tokens.Length * (tokens.Length + 1) / 2.0),
                    _ => throw new ArgumentOutOfRangeException(nameof(pooling), pooling, "unknown pooling"),
                });
            }
        }

        return vectors;
    }
}
