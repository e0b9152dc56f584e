using OnnxEmbed.Merging.Inputs;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Merging.Reports;

/// <summary>What a merge did. It holds no times and no paths of the machine, so that the same merge gives the same report.</summary>
public sealed record MergeReport
{
    /// <summary>Name of the report in a package; beside a bare file it is <c>FILE.merge-report.json</c>.</summary>
    public const string FileName = "merge-report.json";

    /// <summary>Name of the method.</summary>
    public required string Method { get; init; }

    /// <summary>Its parameters as resolved (numbers, flags, words).</summary>
    public required IReadOnlyDictionary<string, object> Parameters { get; init; }

    /// <summary>Name of the base beside the models; null where there is none.</summary>
    public string? Base { get; init; }

    /// <summary>The models in order: name and weight.</summary>
    public required IReadOnlyList<(string Name, double Weight)> Models { get; init; }

    /// <summary>Hashes of the files that went in.</summary>
    public IReadOnlyList<ProvenanceInput> Inputs { get; init; } = [];

    /// <summary>Each tensor in the order of the graph.</summary>
    public required IReadOnlyList<TensorReport> Tensors { get; init; }

    /// <summary>Where other models hold the tensors of the first, unless under the same name and the same way round.</summary>
    public IReadOnlyList<TensorMatch> Matches { get; init; } = [];

    /// <summary>What the user should know: differing files, graphs and tensors.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>
    /// Angle in degrees between the first model (the base where there is one) and each later one over all floating-point weights together
    /// that are not equal in all models; null where there is none.
    /// </summary>
    public required IReadOnlyList<double?> AnglesDegrees { get; init; }

    /// <summary>Number of tensors by action.</summary>
    public IReadOnlyDictionary<string, int> Totals => Tensors
        .GroupBy(tensor => tensor.Action, StringComparer.Ordinal)
        .OrderBy(group => group.Key, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);

    /// <summary>Parameters (elements of floating-point tensors) that were blended rather than copied.</summary>
    public required long BlendedElements { get; init; }

    /// <summary>Share of all elements with an update whose update rounding erased, in [0, 1]; null where nothing was updated.</summary>
    public double? ErasedShare => Tensors.Sum(tensor => tensor.Changed) is > 0 and long changed
        ? (double)Tensors.Sum(tensor => tensor.Erased) / changed : null;

    /// <summary>
    /// What the merges before it did where a recipe has several stages, by the names of the stages; not in the report file.
    /// </summary>
    public IReadOnlyList<(string Name, MergeReport Report)> Stages { get; init; } = [];

    /// <summary>The text of the report file.</summary>
    public string ToJson() => MergeReportJson.Of(this);
}
