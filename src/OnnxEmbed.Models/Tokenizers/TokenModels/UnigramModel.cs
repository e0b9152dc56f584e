namespace OnnxEmbed.Models.Tokenizers.TokenModels;

/// <summary>
/// Unigram language model (Kudo 2018, arXiv:1804.10959): the segmentation with the largest sum of log-probabilities. A character that is
/// no token counts the smallest score less 10; neighbouring unknown characters are one token, or the tokens of their bytes.
/// </summary>
/// <param name="Vocabulary">Ids by token.</param>
/// <param name="Scores">Log-probability of each id.</param>
/// <param name="UnknownId">Id of unknown text; null: a text that has some is refused.</param>
/// <param name="ByteFallback">Unknown text becomes the tokens of its bytes, where all of them are known.</param>
/// <param name="File">Named in errors.</param>
internal sealed record UnigramModel(TokenVocabulary Vocabulary, double[] Scores, int? UnknownId, bool ByteFallback, string File)
    : ITokenModel
{
    private const double UnknownPenalty = 10;

    public TokenTrie Trie { get; } = new(Vocabulary.Ids.Where(pair => pair.Value < Scores.Length).Select(pair => (pair.Key, pair.Value)));

    public double UnknownScore { get; } = Scores.Min() - UnknownPenalty;

    public int[] ByteIds { get; } = Vocabulary.ByteIds();

    public ITokenWorker NewWorker() => new CachingWorker(new UnigramWorker(this));
}
