using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OnnxEmbed.Evaluation.Attributes;
using OnnxEmbed.Evaluation.Statistics;

namespace OnnxEmbed.Evaluation.Files;

/// <summary>
/// <c>metrics.json</c>, schema 1: the result of an evaluation for machines. The README of this project says what each field is.
/// </summary>
public static class MetricsJson
{
    /// <summary>Version of the schema.</summary>
    public const int Schema = 1;

    /// <summary>The file's text: UTF-8 JSON, indented by two spaces, LF, numbers with all their digits.</summary>
    public static string Write(EvaluationResult result)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions
        {
            Indented = true,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }))
        {
            json.WriteStartObject();
            json.WriteNumber("schema", Schema);
            json.WriteString("title", result.Title);
            json.WriteNumber("n", result.Rows);
            json.WriteNumber("dim", result.Width);
            json.WriteString("label", result.LabelColumn);
            json.WriteNumber("seed", result.Options.Seed);
            WriteMetrics(json, result);
            WriteLabels(json, result);
            WriteClusters(json, result);
            WriteProbe(json, result);
            json.WriteStartArray("notes");
            foreach (string note in result.Notes)
                json.WriteStringValue(note);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void WriteMetrics(Utf8JsonWriter json, EvaluationResult result)
    {
        json.WriteStartObject("metrics");
        foreach ((string name, double value) in result.Metrics)
            Number(json, name, value);
        json.WriteEndObject();
        json.WriteStartObject("intervals");
        foreach ((string name, Interval interval) in result.Intervals)
        {
            json.WriteStartObject(name);
            Number(json, "low", interval.Low);
            Number(json, "high", interval.High);
            Number(json, "level", interval.Level);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("permutations");
        foreach ((string name, PermutationResult test) in result.Permutations)
        {
            json.WriteStartObject(name);
            Number(json, "observed", test.Observed);
            Number(json, "null_mean", test.NullMean);
            Number(json, "null_deviation", test.NullDeviation);
            Number(json, "z", test.ZScore);
            Number(json, "p", test.PValue);
            json.WriteNumber("permutations", test.Permutations);
            json.WriteNumber("n", test.Rows);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteLabels(Utf8JsonWriter json, EvaluationResult result)
    {
        json.WriteStartArray("labels");
        foreach (LabelResult label in result.Labels)
        {
            json.WriteStartObject();
            json.WriteString("name", label.Name);
            json.WriteNumber("n", label.Rows);
            if (label.Silhouette is { } silhouette)
                Number(json, "silhouette", silhouette);
            if (label.ProbeRecall is { } recall)
                Number(json, "probe_recall", recall);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteClusters(Utf8JsonWriter json, EvaluationResult result)
    {
        if (result.Clusters is null)
            return;
        json.WriteStartObject("kmeans");
        int clusters = result.Clusters.Centers.Length / result.Width;
        json.WriteNumber("k", clusters);
        json.WriteNumber("restarts", result.Options.KMeansRestarts);
        json.WriteNumber("iterations", result.Clusters.Iterations);
        json.WriteBoolean("converged", result.Clusters.Converged);
        json.WriteStartArray("sizes");
        for (int cluster = 0; cluster < clusters; cluster++)
            json.WriteNumberValue(result.Clusters.Labels.Count(label => label == cluster));
        json.WriteEndArray();
        json.WriteStartArray("encodes");
        foreach (AttributeEncoding encoding in result.Encodings)
        {
            json.WriteStartObject();
            json.WriteString("column", encoding.Name);
            json.WriteBoolean("is_label", encoding.IsTarget);
            json.WriteBoolean("is_numeric", encoding.IsNumeric);
            json.WriteNumber("values", encoding.Values);
            Number(json, "ari", encoding.Ari);
            Number(json, "ami", encoding.Ami);
            Number(json, "nmi", encoding.Nmi);
            Number(json, "p", encoding.PValue);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteProbe(Utf8JsonWriter json, EvaluationResult result)
    {
        if (result.Probe is not { } probe)
            return;
        json.WriteStartObject("probe");
        json.WriteString("protocol", probe.Folds > 0 ? "cross-validation" : "train-split");
        if (probe.Folds > 0)
            json.WriteNumber("folds", probe.Folds);
        json.WriteNumber("train_n", probe.TrainRows);
        Number(json, "inverse_regularization", result.Options.InverseRegularization);
        json.WriteBoolean("standardize", result.Options.Standardize);
        json.WriteNumber("neighbors", result.Options.Neighbors);
        json.WriteString("neighbor_distance", result.Options.CosineNeighbors ? "cosine" : "euclidean");
        json.WriteBoolean("converged", probe.Converged);
        json.WriteEndObject();
    }

    // JSON has no infinity.
    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }
}
