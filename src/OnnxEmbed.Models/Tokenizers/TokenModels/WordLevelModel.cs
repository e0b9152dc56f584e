namespace OnnxEmbed.Models.Tokenizers.TokenModels;

/// <summary>A piece is one token of the vocabulary or unknown.</summary>
internal sealed class WordLevelModel(TokenVocabulary vocabulary, int unknownId) : ITokenModel, ITokenWorker
{
    public ITokenWorker NewWorker() => this;

    public void Tokenize(ReadOnlySpan<char> piece, List<int> ids) => ids.Add(vocabulary.TryGet(piece, out int id) ? id : unknownId);
}
