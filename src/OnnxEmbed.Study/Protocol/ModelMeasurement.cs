using OnnxEmbed.Evaluation;
using OnnxEmbed.Study.Results;

namespace OnnxEmbed.Study.Protocol;

/// <summary>A measured model: the figures, and what comparisons with other models of the cell need.</summary>
/// <param name="Measures">The figures.</param>
/// <param name="TestEmbeddings">Embeddings [n, H] of the test items.</param>
/// <param name="TestCorrect">1 for each test item [n] that the probe tells right, otherwise 0.</param>
internal sealed record ModelMeasurement(ModelMeasures Measures, EmbeddingMatrix TestEmbeddings, double[] TestCorrect);
