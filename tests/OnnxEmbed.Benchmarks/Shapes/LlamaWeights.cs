namespace OnnxEmbed.Benchmarks.Shapes;

/// <summary>Random weights and batches of a <see cref="LlamaShape"/>, the same for both engines, under Hugging Face's and PEFT's names.</summary>
internal sealed class LlamaWeights
{
    private readonly Random _random;

    public LlamaWeights(LlamaShape shape, int seed)
    {
        Shape = shape;
        _random = new Random(seed);
        Add(Base, "embed_tokens.weight", 0.05, shape.Vocabulary, shape.Hidden);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            Base[$"layers.{layer}.input_layernorm.weight"] = Ones(shape.Hidden);
            Base[$"layers.{layer}.post_attention_layernorm.weight"] = Ones(shape.Hidden);
            foreach ((string name, int outputs, int inputs) in shape.Linears(layer))
            {
                Add(Base, name + ".weight", 1 / Math.Sqrt(inputs), outputs, inputs);
                // B starts at zero in training; here it does not, so that the gradient of A is not zero.
                Add(Adapter, name + ".lora_A.weight", 1 / Math.Sqrt(inputs), shape.Rank, inputs);
                Add(Adapter, name + ".lora_B.weight", 0.02, outputs, shape.Rank);
            }
        }

        Base["norm.weight"] = Ones(shape.Hidden);
    }

    public LlamaShape Shape { get; }

    /// <summary>Name to (dimensions, values); linear weights are [outputs, inputs].</summary>
    public Dictionary<string, (long[] Dimensions, float[] Values)> Base { get; } = [];

    public Dictionary<string, (long[] Dimensions, float[] Values)> Adapter { get; } = [];

    /// <summary>Token ids [2 * pairs, sequence length]: the anchors, then their positives in the same order.</summary>
    public static long[] Batch(LlamaShape shape, int seed)
    {
        Random random = new(seed);
        long[] ids = new long[shape.Sequences * shape.SequenceLength];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = random.Next(shape.Vocabulary);
        }

        return ids;
    }

    private static (long[] Dimensions, float[] Values) Ones(int length)
    {
        float[] values = new float[length];
        Array.Fill(values, 1f);
        return ([length], values);
    }

    private void Add(Dictionary<string, (long[] Dimensions, float[] Values)> to, string name, double deviation, int rows, int columns)
    {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.Length; i += 2)
        {
            // Box-Muller: two independent normals from two uniforms.
            double radius = deviation * Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
            (double sine, double cosine) = Math.SinCos(2 * Math.PI * _random.NextDouble());
            values[i] = (float)(radius * cosine);
            if (i + 1 < values.Length)
            {
                values[i + 1] = (float)(radius * sine);
            }
        }

        to[name] = ([rows, columns], values);
    }
}
