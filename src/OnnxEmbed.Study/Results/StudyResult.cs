namespace OnnxEmbed.Study.Results;

/// <summary>Everything that a study measured.</summary>
public sealed record StudyResult
{
    /// <summary>Version of this schema.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Name of the preset.</summary>
    public required string Preset { get; init; }

    /// <summary>The properties, from surface to compositional, with the tier [1, 4] of each.</summary>
    public required IReadOnlyDictionary<string, int> Properties { get; init; }

    /// <summary>Seeds of the trainings.</summary>
    public required IReadOnlyList<int> Seeds { get; init; }

    /// <summary>Every model.</summary>
    public required IReadOnlyList<ModelMeasures> Models { get; init; }

    /// <summary>The way from base to adapter.</summary>
    public required IReadOnlyList<CurvePoint> Curve { get; init; }

    /// <summary>Paired differences to the frozen decoder.</summary>
    public required IReadOnlyList<GainInterval> Gains { get; init; }

    /// <summary>The measures of one family and property, one per seed.</summary>
    public IEnumerable<ModelMeasures> Of(string family, string property) =>
        Models.Where(model => model.Family == family && model.Property == property);

    /// <summary>A figure of one family and property over the seeds.</summary>
    public Spread Over(string family, string property, Func<ModelMeasures, double> figure) => Spread.Of(Of(family, property).Select(figure));
}
