namespace OnnxEmbed.Models.Tokenizers.TokenModels;

/// <summary>Turns pieces of normalised text into ids. Not thread-safe.</summary>
internal interface ITokenWorker
{
    void Tokenize(ReadOnlySpan<char> piece, List<int> ids);
}
