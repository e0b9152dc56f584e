using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;

namespace OnnxEmbed.Merging.Inputs;

/// <summary>The files of an input, opened.</summary>
/// <param name="Model">Its tensors, and its graph where it has one.</param>
/// <param name="HasGraph">Whether the model has nodes.</param>
/// <param name="Package">The package it comes from, whose files the result gets where it is the first; null for bare files.</param>
/// <param name="Files">The files that hold weights, for hashing.</param>
/// <param name="Adapters">Adapters that belong to the input, to be folded in before those that the user names.</param>
/// <param name="Owned">What is to be disposed of after the model.</param>
internal sealed record OpenedModel(
    OnnxModel Model, bool HasGraph, ModelPackage? Package, IReadOnlyList<string> Files, IReadOnlyList<string> Adapters,
        IReadOnlyList<IDisposable> Owned);
