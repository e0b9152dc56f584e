namespace OnnxEmbed.Benchmarks.Shapes;

/// <summary>
/// The decoder that both engines train: Llama's block (RMSNorm, rotary positions, causal attention, SwiGLU), mean pooling, L2
/// normalisation, InfoNCE over in-batch negatives with temperature 0.05. Axes: V vocabulary, D hidden, F feed-forward, H heads.
/// </summary>
internal sealed record LlamaShape
{
    public int Vocabulary { get; init; } = 4096;

    public int Hidden { get; init; } = 384;

    public int Layers { get; init; } = 6;

    public int Heads { get; init; } = 6;

    public int FeedForward { get; init; } = 1024;

    public int Rank { get; init; } = 16;

    /// <summary>LoRA scale alpha / r is 2.</summary>
    public int Alpha => 2 * Rank;

    public int Pairs { get; init; } = 32;

    public int SequenceLength { get; init; } = 32;

    public double Epsilon { get; init; } = 1e-6;

    public double RopeTheta { get; init; } = 10000;

    public double Temperature { get; init; } = 0.05;

    public double MaxGradientNorm => 1;

    public double LearningRate { get; init; } = 1e-3;

    public int HeadSize => Hidden / Heads;

    public int Sequences => 2 * Pairs;

    /// <summary>The linear modules of one layer as (name, outputs, inputs), in the order in which they run.</summary>
    public IEnumerable<(string Name, int Outputs, int Inputs)> Linears(int layer)
    {
        string prefix = $"layers.{layer}.";
        foreach (string projection in (string[])["q_proj", "k_proj", "v_proj", "o_proj"])
        {
            yield return ($"{prefix}self_attn.{projection}", Hidden, Hidden);
        }

        yield return ($"{prefix}mlp.gate_proj", FeedForward, Hidden);
        yield return ($"{prefix}mlp.up_proj", FeedForward, Hidden);
        yield return ($"{prefix}mlp.down_proj", Hidden, FeedForward);
    }
}
