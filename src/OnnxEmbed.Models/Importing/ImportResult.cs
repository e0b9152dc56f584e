using OnnxEmbed.Models.Importing.Exports;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Importing;

/// <summary>What an import made.</summary>
/// <param name="Package">The package.</param>
/// <param name="ParameterCount">Numbers in its parameters.</param>
/// <param name="SourceTypes">Element types that the weights had, such as <c>bf16</c>; they are f32 in the package.</param>
/// <param name="Unused">Names of tensors of the source that no embedding uses: heads, poolers, buffers.</param>
/// <param name="Check">What the package gave for a few texts.</param>
public sealed record ImportResult(
    ModelPackage Package, long ParameterCount, IReadOnlyList<string> SourceTypes, IReadOnlyList<string> Unused, SelfCheckFigures Check)
{
    /// <summary>What became of the graph, where an exported one was imported; otherwise null.</summary>
    public ExportReport? Export { get; init; }
}
