namespace OnnxEmbed.Models.Shipping;

/// <summary>What a consumer needs of an ONNX file.</summary>
/// <param name="SingleFile">Whether the weights must lie in it.</param>
/// <param name="TakesTokenTypes">Whether the consumer always feeds <c>token_type_ids</c>; a model without gets an input that nothing reads.</param>
/// <param name="OnlyVector">Whether <c>sentence_embedding</c> must be its only output.</param>
internal sealed record ModelForm(bool SingleFile = false, bool TakesTokenTypes = false, bool OnlyVector = false);
