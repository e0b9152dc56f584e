namespace OnnxEmbed.Models.Embedders;

/// <summary>An embedding of a file was asked to stop; what it has done is kept and gone on with by the next.</summary>
/// <param name="done">How far it had come.</param>
/// <param name="partialPath">Where the work lies.</param>
/// <param name="token">What asked.</param>
public sealed class EmbedStoppedException(EmbedProgress done, string partialPath, CancellationToken token)
    : OperationCanceledException(
        FormattableString.Invariant($"stopped after {done.Rows} of {done.TotalRows} rows; the same command goes on from {partialPath}"), token);
