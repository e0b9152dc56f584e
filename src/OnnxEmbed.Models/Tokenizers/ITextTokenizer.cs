namespace OnnxEmbed.Models.Tokenizers;

/// <summary>
/// Turns text into token ids and back. Implementations are immutable after construction and may be used by several threads at once.
/// </summary>
public interface ITextTokenizer
{
    /// <summary>One more than the largest id; ids lie in [0, VocabularySize).</summary>
    int VocabularySize { get; }

    /// <summary>Id that fills a row up to the length of its batch; null where the tokenizer names none.</summary>
    int? PadId { get; }

    /// <summary>Id that stands for text outside the vocabulary; null where the tokenizer names none.</summary>
    int? UnknownId { get; }

    /// <summary>Id that hides a token in masked language modelling; null where the tokenizer names none.</summary>
    int? MaskId { get; }

    /// <summary>Id of the classification token at the start; null where the tokenizer names none.</summary>
    int? ClsId { get; }

    /// <summary>Id of the separator; null where the tokenizer names none.</summary>
    int? SepId { get; }

    /// <summary>Id that begins a text of a decoder; null where the tokenizer names none.</summary>
    int? BosId { get; }

    /// <summary>Id that ends a text of a decoder; null where the tokenizer names none.</summary>
    int? EosId { get; }

    /// <summary>On which side and to which lengths rows of a batch are filled up.</summary>
    TokenPadding Padding { get; }

    /// <summary>Special tokens that <see cref="Encode"/> adds around a text, for example 2 for <c>[CLS] text [SEP]</c>.</summary>
    int AddedTokenCount { get; }

    /// <summary>Appends the ids of a text, special tokens included, cut so that at most <paramref name="maxLength"/> are added.</summary>
    /// <param name="text">The text; may be empty.</param>
    /// <param name="maxLength">Most ids to add, at least <see cref="AddedTokenCount"/>; the text's tokens are cut at its end,
    /// or at its start where the tokenizer says so.</param>
    /// <param name="ids">Receives the ids after those it has.</param>
    /// <returns>The ids that the whole text has; more than <paramref name="maxLength"/> says that it was cut.</returns>
    int Encode(string text, int maxLength, List<int> ids);

    /// <summary>The text of ids, joined as the tokenizer's decoder says.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Leaves out tokens such as <c>[CLS]</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false);

    /// <summary>The token with an id; null where the vocabulary has a gap or ends before it.</summary>
    string? TokenOf(int id);

    /// <summary>The id of a token; null where the vocabulary does not have it.</summary>
    int? IdOf(string token);

    /// <summary>Whether an id is a special token, which no loss and no mask should touch.</summary>
    bool IsSpecial(int id);
}
