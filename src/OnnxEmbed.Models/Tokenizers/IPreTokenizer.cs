namespace OnnxEmbed.Models.Tokenizers;

/// <summary>Splits one piece of a text into smaller pieces, in order. Nothing that it leaves out reaches the model.</summary>
internal interface IPreTokenizer
{
    void Split(string text, TextSpan piece, List<TextSpan> pieces);
}
