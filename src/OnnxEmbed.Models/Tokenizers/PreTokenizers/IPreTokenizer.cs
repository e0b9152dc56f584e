namespace OnnxEmbed.Models.Tokenizers.PreTokenizers;

/// <summary>Splits the pieces of a text into smaller pieces, in order. Nothing that it leaves out reaches the model.</summary>
internal interface IPreTokenizer
{
    void Split(TextPieces pieces);
}
