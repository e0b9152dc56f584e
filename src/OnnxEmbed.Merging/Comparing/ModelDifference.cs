namespace OnnxEmbed.Merging.Comparing;

/// <summary>How two models differ.</summary>
public sealed record ModelDifference
{
    /// <summary>Tensors that both have with the same shape, in the order of the first model's graph.</summary>
    public required IReadOnlyList<TensorDifference> Tensors { get; init; }

    /// <summary>What cannot be compared: tensors that one model lacks, or that have another shape or kind of type; one line each.</summary>
    public required IReadOnlyList<string> Mismatches { get; init; }

    /// <summary>All floating-point tensors of <see cref="Tensors"/> that are not equal, taken as one vector.</summary>
    public required TensorDifference Total { get; init; }
}
