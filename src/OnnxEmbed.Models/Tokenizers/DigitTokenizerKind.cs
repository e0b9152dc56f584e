namespace OnnxEmbed.Models.Tokenizers;

/// <summary>What a digit tokenizer's special tokens are called.</summary>
public enum DigitTokenizerKind
{
    /// <summary>As in BERT: <c>[CLS] text [SEP]</c>, with a mask token.</summary>
    Encoder,

    /// <summary>
    /// For a decoder: <c>[CLS]</c> begins a text (bos) and <c>[SEP]</c> ends it (eos), so that the last token has read the whole text.
    /// </summary>
    Decoder,
}
