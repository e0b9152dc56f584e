namespace OnnxEmbed.Models.Tokenizers.TokenModels;

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909): a piece begins as its characters, and the pair with the smallest rank is
/// merged, leftmost first, until no pair is left. Dropout, which regularises training, does not take place here.
/// </summary>
/// <param name="Vocabulary">Ids by token.</param>
/// <param name="Merges">What is merged.</param>
/// <param name="UnknownId">Id of a character outside the vocabulary; null: it is left out.</param>
/// <param name="FuseUnknown">Neighbouring unknown characters are one token.</param>
/// <param name="ByteFallback">A character outside the vocabulary becomes the tokens of its bytes, where all of them are known.</param>
/// <param name="IgnoreMerges">A piece that is a token is that token, whether merges lead there or not.</param>
/// <param name="ContinuingPrefix">Stands before every character but the first.</param>
/// <param name="WordSuffix">Stands behind the last character.</param>
internal sealed record BpeModel(
    TokenVocabulary Vocabulary,
    MergeTable Merges,
    int? UnknownId,
    bool FuseUnknown,
    bool ByteFallback,
    bool IgnoreMerges,
    string ContinuingPrefix,
    string WordSuffix)
    : ITokenModel
{
    /// <summary>Ids of characters below U+0180, which holds the byte alphabet; -1: none.</summary>
    public int[] CharacterIds { get; } =
        [.. Enumerable.Range(0, 0x180).Select(c => Vocabulary.Find(((char)c).ToString()) ?? -1)];

    public int[] ByteIds { get; } = Vocabulary.ByteIds();

    public ITokenWorker NewWorker() => new CachingWorker(new BpeWorker(this));
}
