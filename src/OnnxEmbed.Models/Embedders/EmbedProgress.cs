namespace OnnxEmbed.Models.Embedders;

/// <summary>How far an embedding of a file has come, or its result at the end.</summary>
/// <param name="Rows">Rows written, those of an earlier process included.</param>
/// <param name="TotalRows">Rows of the input.</param>
/// <param name="Tokens">Tokens run, padding not counted.</param>
/// <param name="TruncatedTexts">Texts that lost tokens to the maximum length.</param>
/// <param name="NullTexts">Texts that are null and have a null vector.</param>
/// <param name="ResumedRows">Rows that an earlier process had written.</param>
/// <param name="ResumedTokens">Tokens that an earlier process had run.</param>
public sealed record EmbedProgress(
    long Rows, long TotalRows, long Tokens, long TruncatedTexts, long NullTexts, long ResumedRows = 0, long ResumedTokens = 0);
