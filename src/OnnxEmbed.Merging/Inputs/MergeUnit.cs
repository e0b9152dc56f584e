namespace OnnxEmbed.Merging.Inputs;

/// <summary>What is merged as one vector: a tensor of the first model, or a part of one.</summary>
/// <param name="Name">Name in reports: that of the tensor, with the part behind it.</param>
/// <param name="Tensor">The tensor.</param>
/// <param name="Selection">The part; null for the whole.</param>
/// <param name="IsKept">Whether the part stays as the first model has it.</param>
internal sealed record MergeUnit(string Name, string Tensor, AxisSelection? Selection = null, bool IsKept = false);
