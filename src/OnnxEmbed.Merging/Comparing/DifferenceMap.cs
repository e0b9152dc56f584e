using OnnxEmbed.Merging.Recipes;

namespace OnnxEmbed.Merging.Comparing;

/// <summary>How far two models are apart by layer and kind of weight.</summary>
/// <param name="Layers">Rows: the layers by number, and <see cref="Outside"/> for what lies outside them.</param>
/// <param name="Kinds">
/// Columns: what follows the layer in a tensor's name, without <c>.weight</c>; <see cref="Outside"/> for what is in no layer.
/// </param>
/// <param name="Relative">
/// ‖task vector‖ / ‖weights of the first model‖ over the tensors of a cell, [layer, kind]; NaN where there are none.
/// </param>
public sealed record DifferenceMap(IReadOnlyList<string> Layers, IReadOnlyList<string> Kinds, IReadOnlyList<IReadOnlyList<double>> Relative)
{
    /// <summary>Name of the row and the column of tensors in no layer.</summary>
    public const string Outside = "outside";

    private const string Weight = ".weight";

    /// <summary>
    /// Makes the map of a comparison. Only floating-point tensors take part, and outside the layers no constants of the graph, such as the
    /// -3e38 of
    /// a mask, beside which nothing would show.
    /// </summary>
    public static DifferenceMap Of(ModelDifference difference)
    {
        ArgumentNullException.ThrowIfNull(difference);
        ILookup<(string Layer, string Kind), TensorDifference> cells = difference.Tensors.Where(TakesPart).ToLookup(Place);
        string[] layers =
        [
            .. cells.Select(cell => cell.Key.Layer).Where(layer => layer != Outside).Distinct().OrderBy(layer => layer.Length)
                .ThenBy(layer => layer, StringComparer.Ordinal),
            .. cells.Any(cell => cell.Key.Layer == Outside) ? [Outside] : (string[])[],
        ];
        string[] kinds = [.. cells.Select(cell => cell.Key.Kind).Distinct().OrderBy(kind => kind == Outside)];
        return new DifferenceMap(layers, kinds,
            [.. layers.Select(layer => (IReadOnlyList<double>)[.. kinds.Select(kind => Relation(cells[(layer, kind)]))])]);
    }

    private static bool TakesPart(TensorDifference tensor) => tensor.DifferenceNorm is not null
        && (!tensor.Equal || tensor.Name.EndsWith(Weight, StringComparison.Ordinal)
            || tensor.Name.EndsWith(".bias", StringComparison.Ordinal)
            || LayerMap.LayerOf(tensor.Name) is not null);

    private static double Relation(IEnumerable<TensorDifference> tensors) =>
        Math.Sqrt(tensors.Sum(tensor => Math.Pow(tensor.DifferenceNorm!.Value, 2)) / tensors.Sum(tensor =>
            Math.Pow(tensor.FirstNorm!.Value, 2)));

    private static (string Layer, string Kind) Place(TensorDifference tensor)
    {
        if (LayerMap.LayerOf(tensor.Name) is not ({ } stack, int layer))
        {
            return (Outside, Outside);
        }

        string number = Text.Number(layer);
        string kind = tensor.Name[(stack.Length + number.Length)..].TrimStart('.', '/');
        return (number, kind.EndsWith(Weight, StringComparison.Ordinal) ? kind[..^Weight.Length] : kind);
    }
}
