namespace OnnxEmbed.Models.Tokenizers.Patterns;

/// <summary>A regular expression took too many steps, or nested too deeply, on a text.</summary>
internal sealed class PatternWorkException : Exception;
