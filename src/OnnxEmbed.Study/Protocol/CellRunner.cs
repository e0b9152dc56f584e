using OnnxEmbed.Evaluation;
using OnnxEmbed.Merging;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Study.Families;
using OnnxEmbed.Study.Results;

namespace OnnxEmbed.Study.Protocol;

/// <summary>Trains, merges and measures all families for one property and seed, on one thread.</summary>
/// <param name="options">The study.</param>
/// <param name="cell">Property and seed.</param>
/// <param name="fresh">Package of the encoder's architecture with fresh weights of this seed.</param>
/// <param name="models">Makes the models.</param>
/// <param name="probe">Measures them.</param>
/// <param name="done">Told of each piece of work.</param>
/// <param name="cancellation">Stops between steps.</param>
internal sealed class CellRunner(
    StudyOptions options, StudyCell cell, string fresh, CellModels models, ModelProbe probe, Action<string> done, CancellationToken cancellation)
{
    private const double Middle = 0.5;

    /// <summary>Pieces of work of a cell: three trainings, seven measurements and one for each further point of the curve.</summary>
    public static int Pieces(StudyPreset preset) => 10 + preset.CurvePoints.Count(t => t != Middle);

    /// <summary>Does the work.</summary>
    public CellOutcome Run()
    {
        ModelMeasurement frozen = Measure(options.Decoder, StudyFamilies.DecoderBase.Id);
        frozen = frozen with { Measures = frozen.Measures with { BaseCka = 1 } };
        EmbeddingMatrix structure = frozen.TestEmbeddings;

        ModelMeasurement scratch = TrainAll(fresh, StudyFamilies.EncoderScratch);
        ModelMeasurement fineTuned = TrainAll(options.Encoder, StudyFamilies.EncoderFineTuned);

        models.TrainAdapter();
        done($"{cell}: {StudyFamilies.DecoderLora.Id} trained");
        ModelMeasurement lora = Measure(options.Decoder, StudyFamilies.DecoderLora.Id, structure, adapter: models.AtEnd.Adapters[0]);
        ModelMeasurement soup = Merged(StudyFamilies.DecoderSoup.Id, structure, null, models.Plain, models.AtHalf, models.AtEnd);
        ModelMeasurement stages = Merged(StudyFamilies.DecoderSlerpCheckpoints.Id, structure, Middle, models.AtHalf, models.AtEnd);
        ModelMeasurement middle = Merged(StudyFamilies.DecoderSlerpBase.Id, structure, Middle, models.Plain, models.AtEnd);

        List<CurvePoint> curve = [PointOf(0, frozen), PointOf(Middle, middle), PointOf(1, lora)];
        foreach (double t in options.Preset.CurvePoints.Where(t => t != Middle))
        {
            curve.Add(PointOf(t, Merged(FormattableString.Invariant($"slerp-{t}"), structure, t, models.Plain, models.AtEnd)));
        }

        return new CellOutcome(cell, [scratch, fineTuned, frozen, lora, soup, middle, stages], [.. curve.OrderBy(point => point.T)], probe.Test);

        CurvePoint PointOf(double t, ModelMeasurement model)
        {
            double accuracy = model.Measures.Test.ProbeAccuracy;
            return new CurvePoint(cell.Property, cell.Seed, t, accuracy, accuracy - frozen.Measures.Test.ProbeAccuracy, model.Measures.BaseCka!.Value);
        }
    }

    private ModelMeasurement TrainAll(string package, StudyFamily family)
    {
        string trained = models.TrainAll(package, family);
        done($"{cell}: {family.Id} trained");
        ModelMeasurement measured = Measure(trained, family.Id);
        models.Drop(trained);
        return measured;
    }

    private ModelMeasurement Merged(string name, EmbeddingMatrix structure, double? t, params MergeInput[] inputs)
    {
        (string package, double? angle) = models.MergeInto(name, t, inputs);
        ModelMeasurement measured = Measure(package, name, structure, angle);
        models.Drop(package);
        return measured;
    }

    private ModelMeasurement Measure(string package, string name, EmbeddingMatrix? structure = null, double? angle = null, string? adapter = null)
    {
        using LoraAdapter? factors = adapter is null ? null : LoraAdapter.Load(adapter);
        using Embedder embedder = Embedder.Open(ModelPackage.Open(package), new EmbedderOptions(Threads: 1), factors);
        ModelMeasurement measured = probe.Measure(embedder, name, structure, angle, cancellation);
        done($"{cell}: {name} measured");
        return measured;
    }
}
