using OnnxEmbed.Evaluation.Attributes;

namespace OnnxEmbed.Evaluation;

/// <summary>What to evaluate: n items with embeddings, labels and whatever else is known of them. No files and no models.</summary>
public sealed class EvaluationInput
{
    /// <summary>Embeddings [n, d].</summary>
    public required EmbeddingMatrix Embeddings { get; init; }

    /// <summary>Label [n] of each item, in [0, K - 1].</summary>
    public required IReadOnlyList<int> Labels { get; init; }

    /// <summary>Name [K] of each label.</summary>
    public required IReadOnlyList<string> LabelNames { get; init; }

    /// <summary>Name of the label column.</summary>
    /// <value>label.</value>
    public string LabelColumn { get; init; } = "label";

    /// <summary>What the reports call this evaluation, such as the name of the model.</summary>
    /// <value>Empty.</value>
    public string Title { get; init; } = "";

    /// <summary>Text [n] of each item, shown in the report.</summary>
    public IReadOnlyList<string>? Texts { get; init; }

    /// <summary>Other columns, each [n].</summary>
    public IReadOnlyList<AttributeColumn> Attributes { get; init; } = [];

    /// <summary>
    /// Group [n] of each item, such as its generated pair: the unit that folds keep whole and that intervals draw. Null: each item alone.
    /// </summary>
    public IReadOnlyList<int>? Groups { get; init; }

    /// <summary>Embeddings [m, d] of a training split, on which probes are fitted; null: cross-validation on the items
    /// themselves.</summary>
    public EmbeddingMatrix? TrainEmbeddings { get; init; }

    /// <summary>Label [m] of each training item, in [0, K - 1].</summary>
    public IReadOnlyList<int>? TrainLabels { get; init; }

    internal void Validate()
    {
        int n = Embeddings.Rows;
        List<string> faults = [];
        void Length(string what, int? count, int needed)
        {
            if (count is { } got && got != needed)
                faults.Add($"needs {needed} {what}, got {got}");
        }

        void Range(string what, IReadOnlyList<int>? labels)
        {
            if (labels is not null && labels.Any(label => label < 0 || label >= LabelNames.Count))
            {
                int wrong = labels.First(label => label < 0 || label >= LabelNames.Count);
                faults.Add($"needs {what} in [0, {LabelNames.Count - 1}], got {wrong}");
            }
        }

        Length("labels", Labels.Count, n);
        Length("texts", Texts?.Count, n);
        Length("groups", Groups?.Count, n);
        foreach (AttributeColumn attribute in Attributes)
            Length($"values of {attribute.Name}", attribute.Codes.Length, n);
        Range("labels", Labels);
        if (TrainEmbeddings is null != TrainLabels is null)
            faults.Add("needs training embeddings and training labels together, got one of them");
        if (TrainEmbeddings is not null)
        {
            Length("columns of training embeddings", TrainEmbeddings.Width, Embeddings.Width);
            Length("training labels", TrainLabels?.Count, TrainEmbeddings.Rows);
            Range("training labels", TrainLabels);
        }

        if (faults.Count > 0)
            throw new EvaluationException("evaluation: " + string.Join("; ", faults));
    }
}
