namespace OnnxEmbed.Models.Tokenizers;

/// <summary>Rewrites a text before it is split.</summary>
internal interface INormalizer
{
    string Normalize(string text);
}
