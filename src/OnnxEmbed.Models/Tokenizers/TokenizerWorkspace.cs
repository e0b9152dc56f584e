using OnnxEmbed.Models.Tokenizers.TokenModels;

namespace OnnxEmbed.Models.Tokenizers;

/// <summary>What one call needs to itself; a tokenizer keeps some for the next calls.</summary>
internal sealed class TokenizerWorkspace(ITokenModel model)
{
    public TextPieces Pieces { get; } = new();

    public ITokenWorker Worker { get; } = model.NewWorker();
}
