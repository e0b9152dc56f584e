using System.Globalization;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Merging.Reports;

namespace OnnxEmbed.Cli.Commands;

/// <summary>A merge report as facts and tables.</summary>
internal static class MergeTables
{
    /// <summary>The result of a merge, or its plan.</summary>
    /// <param name="report">The report.</param>
    /// <param name="output">Where the model was written; null for a plan.</param>
    /// <param name="tensors">Whether each tensor is listed.</param>
    public static Result Of(MergeReport report, string? output, bool tensors)
    {
        Result result = new();
        result = (output is null ? result.Fact("dry_run", true) : result.Fact("out", output))
            .Fact("method", report.Method)
            .Fact("parameters", report.Parameters.Select(parameter => $"{parameter.Key}={Shown(parameter.Value)}").ToList());
        result = report.Base is { } theBase ? result.Fact("base", theBase) : result;
        result = result
            .Fact("models", report.Models.Select(model => model.Name).ToList())
            .Fact("weights", report.Models.Select(model => model.Weight).ToList())
            .Fact("bytes", report.Tensors.Sum(tensor => tensor.Bytes))
            .Fact("blended_parameters", report.BlendedElements)
            .Fact("angle_degrees", report.AnglesDegrees.ToList())
            .Table("actions", ["action", "tensors"], report.Totals.Select(total => new object?[] { total.Key, total.Value }));
        foreach ((string name, MergeReport stage) in tensors ? report.Stages : [])
        {
            result = Matches(Tensors(Stage(result, $"stage_{name}", stage), stage, $"stage_{name}_tensors"), stage, $"stage_{name}_matches");
        }

        return tensors ? Matches(Tensors(result, report, "tensors"), report, "matches") : result;
    }

    /// <summary>A merge of a recipe whose result a later one takes.</summary>
    private static Result Stage(Result result, string name, MergeReport report) => result.Table(
        name,
        ["method", "base", "models", "weights", "parameters", "bytes", "blended_parameters"],
        [
            [
                report.Method, report.Base ?? "", report.Models.Select(model => model.Name).ToList(), report.Models.Select(model => model.Weight).ToList(),
                report.Parameters.Select(parameter => $"{parameter.Key}={Shown(parameter.Value)}").ToList(), report.Tensors.Sum(tensor => tensor.Bytes),
                report.BlendedElements,
            ],
        ]);

    /// <summary>The columns that say something of some tensor.</summary>
    private static Result Tensors(Result result, MergeReport report, string title)
    {
        object?[][] rows = [.. report.Tensors.Select(Row)];
        int[] used = [.. Enumerable.Range(0, Columns.Length)
            .Where(column => rows.Any(row => row[column] is not (null or "" or System.Collections.ICollection { Count: 0 })))];
        return result.Table(title, [.. used.Select(column => Columns[column])],
            rows.Select(row => used.Select(column => row[column]).ToArray()));
    }

    /// <summary>Tensors that other models hold under another name, transposed or packed, where there are any.</summary>
    private static Result Matches(Result result, MergeReport report, string title) => report.Matches.Count == 0 ? result : result.Table(
        title,
        ["tensor", "model", "other", "by", "transposed", "part"],
        report.Matches.Select(match => new object?[]
        {
            match.Tensor, match.Model, match.Other ?? "", match.Other is null ? "" : match.Kind.ToString().ToLowerInvariant(), match.Transposed, match.Part,
        }));

    private static readonly string[] Columns =
        ["name", "type", "bytes", "action", "parameters", "cosine", "angle_degrees", "norms", "output_norm", "erased", "non_finite"];

    private static object?[] Row(TensorReport tensor) =>
    [
        tensor.Name,
        tensor.Type,
        tensor.Bytes,
        tensor.Action,
        string.Join(' ', tensor.Parameters.Select(parameter => $"{parameter.Name}={string.Join(',', parameter.Values.Select(Shown))}")),
        tensor.Cosines.ToList(),
        tensor.AnglesDegrees.ToList(),
        tensor.Norms.ToList(),
        tensor.OutputNorm,
        tensor.ErasedShare,
        tensor.NonFinite.ToList(),
    ];

    private static string Shown(object value) => value switch
    {
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        bool flag => flag ? "true" : "false",
        _ => (string)value,
    };
}
