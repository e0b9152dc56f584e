namespace OnnxEmbed.Models.Tokenizers.AddedTokens;

/// <summary>A token that is found in the text as it stands, before the model sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="IsSpecial">Whether decoding may skip it.</param>
/// <param name="Normalized">Whether it is looked for in the normalised text instead of the raw text.</param>
/// <param name="SingleWord">Whether it counts only between non-word characters.</param>
/// <param name="LeftStrip">Whether it swallows white space before it.</param>
/// <param name="RightStrip">Whether it swallows white space after it.</param>
internal sealed record AddedToken(
    int Id, string Content, bool IsSpecial, bool Normalized, bool SingleWord, bool LeftStrip, bool RightStrip);
