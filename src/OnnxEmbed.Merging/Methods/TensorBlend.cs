namespace OnnxEmbed.Merging.Methods;

/// <summary>What becomes of a tensor: a copy of one model's, or Σ factor · tensor.</summary>
/// <param name="Factors">Factor of each model; a model with factor 0 takes no part.</param>
/// <param name="CopyOf">Index of the model whose values are taken over as they are; null for a blend.</param>
/// <param name="Action">What the report says was done.</param>
/// <param name="Warning">What the user should know; null for nothing.</param>
internal sealed record TensorBlend(IReadOnlyList<double> Factors, int? CopyOf, string Action, string? Warning = null)
{
    public static TensorBlend Copy(int index, int count, string action) =>
        new([.. Enumerable.Range(0, count).Select(i => i == index ? 1.0 : 0.0)], index, action);
}
