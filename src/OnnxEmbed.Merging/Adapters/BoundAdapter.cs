namespace OnnxEmbed.Merging.Adapters;

/// <summary>Everything that an adapter changes in a model.</summary>
/// <param name="Modules">Low-rank changes.</param>
/// <param name="Whole">Replaced tensors.</param>
internal sealed record BoundAdapter(IReadOnlyList<AdapterBinding> Modules, IReadOnlyList<WholeBinding> Whole);
