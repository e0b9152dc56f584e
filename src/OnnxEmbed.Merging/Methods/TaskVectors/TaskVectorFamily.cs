namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// A method that adds sparse task vectors to a base, as a row: which elements take part, how the models agree on signs, where weights come
/// from. Whether the sum is normalised and the sparse vectors rescaled are parameters, whose defaults differ from row to row.
/// </summary>
internal sealed record TaskVectorFamily(Sparsifier Sparsifier, Election Election, Weighing Weighing = Weighing.Given);
