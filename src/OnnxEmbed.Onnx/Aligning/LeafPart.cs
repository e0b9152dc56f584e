namespace OnnxEmbed.Onnx.Aligning;

/// <summary>
/// A leaf as a node uses it: transposed or not, and whole or a range of its last axis (the outputs of a layer that is packed with others).
/// </summary>
/// <param name="Leaf">The tensor.</param>
/// <param name="Transposed">Whether the graph uses the transposed matrix.</param>
/// <param name="Begin">First index along the last axis, as used.</param>
/// <param name="Length">Number of indexes; -1 for the whole leaf.</param>
internal readonly record struct LeafPart(GraphLeaf Leaf, bool Transposed, long Begin = 0, long Length = -1)
{
    public bool IsWhole => Length < 0;

    /// <summary>Axis of the stored tensor that <see cref="Begin"/> counts along.</summary>
    public int StoredAxis => Leaf.Shape.Count - 1 - (Transposed ? 1 : 0);

    /// <summary>Extents as used.</summary>
    public IReadOnlyList<long> Shape
    {
        get
        {
            long[] shape = [.. Leaf.Shape];
            if (Transposed)
            {
                (shape[^1], shape[^2]) = (shape[^2], shape[^1]);
            }

            if (!IsWhole)
            {
                shape[^1] = Length;
            }

            return shape;
        }
    }
}
