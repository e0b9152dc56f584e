namespace OnnxEmbed.Merging.Recipes;

/// <summary>Where a tensor lies, as filters and gradients see it.</summary>
/// <param name="Names">Its names: that of the initializer, and that of its module where an exporter numbered the initializer.</param>
/// <param name="Part">Before, in, or after the layers.</param>
/// <param name="Depth">
/// Place of its layer among the layers of its slice, [0, 1]: i / (n - 1), and 1 where the slice is one layer. Before and after the
/// layers 0, as mergekit has it.
/// </param>
/// <param name="Slice">The slice that it belongs to.</param>
internal sealed record TensorPlace(IReadOnlyList<string> Names, TensorPart Part, double Depth, int Slice = 0);
