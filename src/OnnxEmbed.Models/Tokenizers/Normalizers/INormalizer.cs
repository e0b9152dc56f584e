namespace OnnxEmbed.Models.Tokenizers.Normalizers;

/// <summary>Rewrites a text before it is split.</summary>
internal interface INormalizer
{
    /// <param name="text">The text; well-formed UTF-16.</param>
    /// <param name="cutAtStart">
    /// Set where characters before the first one that is left were removed, not replaced; a later Metaspace asks for that.
    /// </param>
    string Normalize(string text, ref bool cutAtStart);
}
