using System.Globalization;
using OnnxEmbed.Evaluation.Attributes;
using OnnxEmbed.Evaluation.Figures;
using OnnxEmbed.Evaluation.Pages;
using OnnxEmbed.Evaluation.Projections;
using OnnxEmbed.Evaluation.Statistics;

namespace OnnxEmbed.Evaluation.Files;

/// <summary>The result of an evaluation for people: <c>report.html</c>. Every number on it is also in <c>metrics.json</c>.</summary>
public static class EvaluationReport
{
    // What a reader looks for first, where it was computed.
    private static readonly string[] Headline = ["silhouette_cosine", "davies_bouldin", "probe_accuracy", "knn_accuracy",
        "kmeans_ari", "mean_cosine"];

    /// <summary>Composes the page.</summary>
    /// <param name="input">What was evaluated.</param>
    /// <param name="result">What was found.</param>
    /// <param name="projection">The items as points of a plane.</param>
    /// <param name="silhouettes">The silhouette plot; null: none.</param>
    public static HtmlPage Page(EvaluationInput input, EvaluationResult result, Projection projection, Figure? silhouettes)
    {
        List<ReportSection> sections = [];
        KeyFigure[] keys = [.. Headline.Where(result.Metrics.ContainsKey).Select(name => Key(result, Metrics.Named(name)))];
        if (keys.Length > 0)
            sections.Add(new KeyFiguresSection(keys));
        sections.Add(new ScatterSection(new ScatterPlot("", projection, Columns(input, result), input.Texts))
        {
            Title = "The embeddings in two dimensions",
            Note = "Each point is an item; near points have similar embeddings, as far as two dimensions show it. Point at one to read it.",
        });
        if (result.Encodings.Count > 0)
            sections.Add(EncodingTable(result));
        sections.Add(LabelTable(result));
        if (silhouettes is not null)
        {
            sections.Add(new FigureSection(silhouettes,
                "One thin bar for each item, sorted within its label. Bars to the left of 0 are items "
                + "that lie nearer to another label than to their own.")
            { Title = "Silhouette of each item" });
        }

        sections.Add(MetricTable(result));
        sections.Add(new ParagraphSection([.. Method(result), .. result.Notes.Select(note =>
            "Note: " + note + ".")])
        { Title = "How it was measured" });
        string name = result.Title.Length > 0 ? result.Title : "Embeddings";
        return new HtmlPage
        {
            Title = $"{name}: how well do they separate {result.LabelColumn}?",
            Subtitle = string.Create(CultureInfo.InvariantCulture,
                $"{result.Rows:N0} items, {result.Width} dimensions, {result.Labels.Count} labels"),
            Footer = "Made by OnnxEmbed. The same numbers with all their digits are in metrics.json.",
            Sections = sections,
        };
    }

    private static KeyFigure Key(EvaluationResult result, MetricDescriptor metric)
    {
        string value = Number(result.Metrics[metric.Name]);
        string? range = result.Intervals.TryGetValue(metric.Name, out Interval interval)
            ? $"95 %: {Number(interval.Low)} to {Number(interval.High)}"
            : null;
        if (metric.Name is "probe_accuracy" or "knn_accuracy" && result.Metrics.TryGetValue("majority_accuracy", out double majority))
            range = (range is null ? "" : range + "; ") + $"majority {Number(majority)}";
        return new KeyFigure(metric.Title, value, range, metric.Explanation);
    }

    private static List<AttributeColumn> Columns(EvaluationInput input, EvaluationResult result)
    {
        List<AttributeColumn> columns =
            [AttributeColumn.Categorical(input.LabelColumn, [.. input.Labels.Select(label => input.LabelNames[label])])];
        if (result.Clusters is not null)
            columns.Add(AttributeColumn.Categorical("k-means cluster", [.. result.Clusters.Labels.Select(label =>
                $"cluster {label + 1}")]));
        if (result.Probe is { Predictions.Length: > 0 } probe)
        {
            columns.Add(AttributeColumn.Categorical(
                "linear probe", [.. probe.Predictions.Select((label, row) => label == input.Labels[row] ? "right" : "wrong")]));
        }

        // Columns that name items would fill the legend with them.
        columns.AddRange(input.Attributes.Where(attribute => attribute.Values.Count is > 1 and <= 60));
        return columns;
    }

    private static TableSection EncodingTable(EvaluationResult result) => new(
        [
            new TableColumn("Column"),
            new TableColumn("AMI") { IsNumber = true, HeatTo = 1,
                Note = "Adjusted mutual information with the clusters: 0 is chance, 1 is equality." },
            new TableColumn("ARI") { IsNumber = true, HeatTo = 1,
                Note = "Adjusted Rand index with the clusters: 0 is chance, 1 is equality." },
            new TableColumn("NMI") { IsNumber = true, Note = "Normalised mutual information, not corrected for chance." },
            new TableColumn("p")
            {
                IsNumber = true,
                Note = $"Share of {result.Options.Permutations} random orders of the column that agree with the clusters as well.",
            },
            new TableColumn("Values") { IsNumber = true, Format = "F0",
                Note = "Different values; numbers are put into buckets of about equal size." },
        ],
        [.. result.Encodings.Select(encoding => (IReadOnlyList<TableCell>)
        [
            new TableCell(encoding.Name, null, encoding.IsTarget ? "the label" : null),
            encoding.Ami, encoding.Ari, encoding.Nmi, encoding.PValue, encoding.Values,
        ])])
    {
        Title = "What else do these embeddings encode?",
        Note = "Clusters were found without any label (k-means). The stronger the shade, the more they follow a column. A column that they "
            + "follow more than the label is what the embeddings are mostly about.",
    };

    private static TableSection LabelTable(EvaluationResult result)
    {
        List<TableColumn> columns = [new("Label"), new("Items") { IsNumber = true, Format = "F0" }];
        bool silhouette = result.Silhouettes is not null, recall = result.Probe is { Predictions.Length: > 0 };
        if (silhouette)
            columns.Add(new("Silhouette") { IsNumber = true, HeatTo = 0.6, Note = "Mean silhouette of the items of this label." });
        if (recall)
            columns.Add(new("Probe recall")
            {
                IsNumber = true,
                HeatTo = 1,
                Note = "Share of the items of this label that the linear probe tells right."
            });
        List<IReadOnlyList<TableCell>> rows = [];
        foreach (LabelResult label in result.Labels)
        {
            List<TableCell> row = [label.Name, label.Rows];
            if (silhouette)
                row.Add(label.Silhouette ?? double.NaN);
            if (recall)
                row.Add(label.ProbeRecall ?? double.NaN);
            rows.Add(row);
        }

        return new TableSection(columns, rows) { Title = "Label by label" };
    }

    private static TableSection MetricTable(EvaluationResult result) => new(
        [
            new TableColumn("Metric"),
            new TableColumn("Value") { IsNumber = true, Format = "G5" },
            new TableColumn("95 % interval"),
            new TableColumn("z") { IsNumber = true, Format = "F1",
                Note = "Distance from the mean under permuted labels, in standard deviations." },
            new TableColumn("p") { IsNumber = true, Note = "Share of permutations of the labels that score as high." },
            new TableColumn("Better"),
            new TableColumn("What it says") { IsLong = true },
        ],
        [.. result.Metrics.Select(entry => (IReadOnlyList<TableCell>)
        [
            Metrics.Named(entry.Key).Title,
            entry.Value,
            result.Intervals.TryGetValue(entry.Key, out Interval interval) ? $"{Number(interval.Low)} to {Number(interval.High)}" : "",
            result.Permutations.TryGetValue(entry.Key, out PermutationResult? test) ? test.ZScore : double.NaN,
            test?.PValue ?? double.NaN,
            Metrics.Named(entry.Key).IsHigherBetter switch { true => "higher", false => "lower", null => "" },
            Metrics.Named(entry.Key).Explanation,
        ])])
    {
        Title = "All metrics",
    };

    private static List<string> Method(EvaluationResult result)
    {
        EvaluationOptions options = result.Options;
        List<string> lines = [];
        if (result.Probe is { } probe)
        {
            lines.Add(probe.Folds > 0
                ? $"Probes: {probe.Folds}-fold cross-validation by label; an item is judged by a probe that has not seen it or its group."
                : $"Probes: fitted on a training split of {probe.TrainRows} items, judged on the {result.Rows} items shown here.");
        }

        if (result.Intervals.Count > 0)
            lines.Add("Intervals: 95 %; for geometry by subsampling without replacement, for accuracies by bootstrap; groups are drawn whole.");
        foreach ((string name, PermutationResult test) in result.Permutations)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture,
                $"{Metrics.Named(name).Title} under {test.Permutations} permutations of the labels on {test.Rows} items: "
                + $"mean {Number(test.NullMean)}, deviation {Number(test.NullDeviation)}; "
                + $"observed on the same items {Number(test.Observed)}."));
        }

        if (result.Clusters is { } clusters)
        {
            int k = clusters.Centers.Length / result.Width;
            lines.Add($"k-means: k = {k}, best of {options.KMeansRestarts} starts. Seed {options.Seed}.");
        }

        return lines;
    }

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "F0" : "F3", CultureInfo.InvariantCulture);
}
