namespace OnnxEmbed.Merging.Methods;

/// <summary>Computes the elements of a block from those of the models; called from several threads, each with a block of its own.</summary>
/// <param name="block">The models' elements.</param>
/// <param name="result">Receives the result, which is rounded afterwards; one value for each element of the block.</param>
internal delegate void ElementFormula(TensorBlock block, Span<double> result);
