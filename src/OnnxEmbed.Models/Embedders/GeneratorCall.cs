namespace OnnxEmbed.Models.Embedders;

/// <summary>One caller's texts, waiting for their run.</summary>
internal sealed class GeneratorCall(IReadOnlyList<string> texts, CancellationToken cancellationToken)
{
    private readonly TaskCompletionSource<(EmbeddedTexts Vectors, long Tokens)> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<string> Texts => texts;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>Ends when the caller has vectors, an error, or no wish for them any more.</summary>
    public Task<(EmbeddedTexts Vectors, long Tokens)> Result => _result.Task.WaitAsync(cancellationToken);

    public void Complete(EmbeddedTexts vectors, long tokens) => _result.TrySetResult((vectors, tokens));

    public void Fail(Exception error) => _result.TrySetException(error);
}
