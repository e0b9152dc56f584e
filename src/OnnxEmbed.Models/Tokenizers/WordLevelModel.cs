namespace OnnxEmbed.Models.Tokenizers;

/// <summary>A piece is one token of the vocabulary or unknown.</summary>
internal sealed class WordLevelModel(Dictionary<string, int> vocabulary, int unknownId) : ITokenModel
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();

    public void Tokenize(ReadOnlySpan<char> piece, List<int> ids) => ids.Add(_ids.TryGetValue(piece, out int id) ? id : unknownId);
}
