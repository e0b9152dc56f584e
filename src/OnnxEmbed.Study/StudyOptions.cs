namespace OnnxEmbed.Study;

/// <summary>What to study and with which models.</summary>
public sealed record StudyOptions
{
    /// <summary>The sizes.</summary>
    public required StudyPreset Preset { get; init; }

    /// <summary>Package of the pre-trained encoder.</summary>
    public required string Encoder { get; init; }

    /// <summary>Package of the pre-trained decoder.</summary>
    public required string Decoder { get; init; }

    /// <summary>The directory that appears with results and report.</summary>
    public required string Out { get; init; }

    /// <summary>Added to the seed of every training and of the data.</summary>
    /// <value>0 unless set.</value>
    public ulong Seed { get; init; }

    /// <summary>Trainings at a time, each on one thread, at least 1. The results do not depend on it.</summary>
    public required int Threads { get; init; }

    /// <summary>Whether trained and merged models stay in the output, under <c>models/</c>.</summary>
    /// <value>false unless set: the models of a quick study take about 1 GB.</value>
    public bool KeepModels { get; init; }

    /// <summary>Whether an existing output is replaced.</summary>
    public bool Force { get; init; }
}
