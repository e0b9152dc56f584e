namespace OnnxEmbed.Models.Tokenizers;

/// <summary>How rows of a batch are filled up.</summary>
/// <param name="Left">Pad ids stand before a row's own ids, as many decoders want it; otherwise behind them.</param>
/// <param name="MultipleOf">The length of a batch is a multiple of this, at least 1.</param>
public sealed record TokenPadding(bool Left, int MultipleOf);
