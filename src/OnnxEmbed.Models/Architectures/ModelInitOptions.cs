using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures;

/// <summary>Sizes and seed of a fresh model.</summary>
public sealed record ModelInitOptions
{
    /// <summary><c>bert</c> (encoder) or <c>llama</c> (decoder).</summary>
    public required string Architecture { get; init; }

    /// <summary>H, the width of hidden states and vectors.</summary>
    /// <value>[1, 65536]; default 256.</value>
    public int HiddenSize { get; init; } = 256;

    /// <summary>Transformer layers.</summary>
    /// <value>[1, 1024]; default 6.</value>
    public int Layers { get; init; } = 6;

    /// <summary>Attention heads, a divisor of the width.</summary>
    /// <value>[1, 1024]; default 4.</value>
    public int Heads { get; init; } = 4;

    /// <summary>Key/value heads of a decoder, a divisor of the heads; null for as many as heads.</summary>
    public int? KeyValueHeads { get; init; }

    /// <summary>Width of the feed-forward block; null for 4·H (encoder) or 8/3·H rounded up to a multiple of 32 (decoder).</summary>
    public int? IntermediateSize { get; init; }

    /// <summary>The longest text in tokens.</summary>
    /// <value>[8, 131072]; default 256.</value>
    public int MaxPositions { get; init; } = 256;

    /// <summary>Pooling; null for mean (encoder) or last (decoder).</summary>
    public PoolingMode? Pooling { get; init; }

    /// <summary>Whether vectors are scaled to length 1.</summary>
    /// <value>Default true.</value>
    public bool Normalize { get; init; } = true;

    /// <summary>Whether a decoder's output head is its token table.</summary>
    /// <value>Default true.</value>
    public bool TieHead { get; init; } = true;

    /// <summary>Seed of the weights.</summary>
    /// <value>Default 0.</value>
    public ulong Seed { get; init; }
}
