namespace OnnxEmbed.Models.Embedders;

/// <summary>How far an embedding of a file has come, or its result at the end.</summary>
/// <param name="Rows">Rows written.</param>
/// <param name="TotalRows">Rows of the input.</param>
/// <param name="Tokens">Tokens run so far, padding not counted.</param>
/// <param name="TruncatedRows">Rows whose text lost tokens to the maximum length.</param>
public sealed record EmbedProgress(long Rows, long TotalRows, long Tokens, long TruncatedRows);
