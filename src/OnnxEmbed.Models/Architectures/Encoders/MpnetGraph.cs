using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Architectures.Encoders;

/// <summary>
/// MPNet (Song et al. 2020, arXiv:2004.09297) with the parameter names of Hugging Face's <c>MPNetModel</c>: RoBERTa's positions, no
/// segments, and T5's relative positions (Raffel et al. 2020, arXiv:1910.10683, §2.1) added to the scores of every layer.
/// </summary>
internal static class MpnetGraph
{
    public const string TokenTable = "embeddings.word_embeddings.weight";

    /// <summary>The position of padding; transformers takes 1 whatever the config says.</summary>
    public const int PaddingPosition = 1;

    // Distances from here on share the last bucket.
    private const int FarthestDistance = 128;

    /// <summary>The last layer's hidden states [N, H].</summary>
    public static Value Build(GraphBuilder graph, MpnetConfig config, EncoderInputs inputs, ParameterSource parameters)
    {
        Blocks blocks = new(graph, parameters, inputs);
        Value tokens = blocks.Embedding(TokenTable, config.VocabSize, config.HiddenSize, inputs.InputIds);
        Value positions = blocks.Embedding(
            "embeddings.position_embeddings.weight", config.MaxPositionEmbeddings, config.HiddenSize, blocks.PositionsAfter(PaddingPosition));
        Value x = blocks.Flatten(blocks.LayerNorm(graph.Add(tokens, positions), "embeddings.LayerNorm", config.LayerNormEps));
        Value mask = graph.Add(RelativePositions(blocks, graph, config), blocks.PaddingMask(x.Type));
        for (int layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            x = Layer(blocks, graph, config, x, mask, $"encoder.layer.{layer}");
        }

        return x;
    }

    /// <summary>
    /// Bucket of j - i: half of the buckets for keys before the query, half for those after it; in each half the first distances have a
    /// bucket of their own and the others, up to 128, share the rest by their logarithm.
    /// </summary>
    internal static int Bucket(int relative, int buckets)
    {
        int half = buckets / 2;
        int exact = half / 2;
        int distance = Math.Abs(relative);
        int side = relative > 0 ? half : 0;
        if (distance < exact)
        {
            return side + distance;
        }

        // In f32 as in transformers: at a power of two the rounding decides the bucket.
        float share = MathF.Log((float)distance / exact) / (float)Math.Log((double)FarthestDistance / exact);
        return side + Math.Min(half - 1, exact + (int)(share * (half - exact)));
    }

    // [1, h, S, S], by way of a table of the buckets of all distances.
    private static Value RelativePositions(Blocks blocks, GraphBuilder graph, MpnetConfig config)
    {
        int last = config.MaxSequenceLength - 1;
        long[] buckets = [.. Enumerable.Range(-last, (2 * last) + 1).Select(relative => (long)Bucket(relative, config.RelativeAttentionNumBuckets))];
        const string Name = "encoder.relative_attention_bias.buckets";
        Value table = graph.Contains(Name) ? graph[Name] : graph.Initializer(Name, TensorData.From<long>(buckets, buckets.Length));
        Value positions = blocks.Positions();
        Value relative = graph.Sub(graph.Unsqueeze(positions, 0), graph.Unsqueeze(positions, 1));
        Value bucket = graph.Gather(table, graph.Add(relative, graph.Int64(last)));
        Value bias = blocks.Embedding(
            "encoder.relative_attention_bias.weight", config.RelativeAttentionNumBuckets, config.NumAttentionHeads, bucket);
        return graph.Unsqueeze(graph.Transpose(bias, 2, 0, 1), 0);
    }

    private static Value Layer(Blocks blocks, GraphBuilder graph, MpnetConfig config, Value x, Value mask, string name)
    {
        int width = config.HiddenSize;
        Value query = blocks.Linear(x, $"{name}.attention.attn.q", width, bias: true);
        Value key = blocks.Linear(x, $"{name}.attention.attn.k", width, bias: true);
        Value value = blocks.Linear(x, $"{name}.attention.attn.v", width, bias: true);
        Value context = blocks.Attention(query, key, value, config.NumAttentionHeads, config.NumAttentionHeads, mask);
        Value attended = blocks.Linear(context, $"{name}.attention.attn.o", width, bias: true);
        x = blocks.LayerNorm(graph.Add(attended, x), $"{name}.attention.LayerNorm", config.LayerNormEps);
        Value wide = blocks.Activation(config.HiddenAct, blocks.Linear(x, $"{name}.intermediate.dense", config.IntermediateSize, bias: true));
        return blocks.LayerNorm(
            graph.Add(blocks.Linear(wide, $"{name}.output.dense", width, bias: true), x), $"{name}.output.LayerNorm", config.LayerNormEps);
    }
}
