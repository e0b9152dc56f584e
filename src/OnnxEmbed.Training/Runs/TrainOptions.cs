using OnnxEmbed.Training.Graphs;
using OnnxEmbed.Training.Objectives;

namespace OnnxEmbed.Training.Runs;

/// <summary>Options of <see cref="Train"/>.</summary>
public sealed record TrainOptions : RunOptions
{
    /// <summary>Name of the loss; <see cref="Losses.OfEmbeddings"/>.</summary>
    /// <value>supcon unless set.</value>
    public string Loss { get; init; } = "supcon";

    /// <summary>Divisor of similarities.</summary>
    /// <value>Null for the loss's default.</value>
    public double? Temperature { get; init; }

    /// <summary>The adapter to train.</summary>
    /// <value>Null to train all weights.</value>
    public LoraOptions? Lora { get; init; } = new();

    /// <summary>Directory of an adapter to start from, of the same targets, rank and alpha.</summary>
    /// <value>Null for a fresh one.</value>
    public string? AdapterInit { get; init; }

    /// <summary>Column of the texts, for losses over labels.</summary>
    /// <value>text unless set.</value>
    public string TextColumn { get; init; } = "text";

    /// <summary>Column of the classes, for losses over labels: whole numbers, booleans or texts.</summary>
    /// <value>label unless set.</value>
    public string LabelColumn { get; init; } = "label";

    /// <summary>Columns of a tuple, for losses over tuples: anchor, positive and, if there are any, negatives.</summary>
    /// <value>Null for anchor, positive and, where the data has it, negative.</value>
    public IReadOnlyList<string>? TupleColumns { get; init; }

    /// <inheritdoc/>
    private protected override IEnumerable<string> Faults()
    {
        foreach (string fault in base.Faults())
        {
            yield return fault;
        }

        if (!Losses.OfEmbeddings.Any(loss => loss.Name == Loss))
        {
            yield return $"--loss: needs one of {string.Join(", ", Losses.OfEmbeddings.Select(loss => loss.Name))}, got {Loss}";
        }

        if (Temperature is not null and not (> 0 and < double.PositiveInfinity))
        {
            yield return FormattableString.Invariant($"--temperature: needs a number above 0, got {Temperature}");
        }

        if (TupleColumns is { Count: < 2 })
        {
            yield return $"--columns: needs at least 2 columns, got {TupleColumns.Count}";
        }

        if (BatchSize < 2)
        {
            yield return $"--batch-size: {Loss} needs at least 2, got {BatchSize}";
        }

        if (AdapterInit is not null && Lora is null)
        {
            yield return "--adapter-init: needs --lora, got --full";
        }
    }
}
