using System.Globalization;
using System.Text;
using OnnxEmbed.Evaluation.Attributes;
using OnnxEmbed.Evaluation.Figures;
using OnnxEmbed.Evaluation.Pages;
using OnnxEmbed.Study.Families;
using OnnxEmbed.Study.Protocol;
using OnnxEmbed.Study.Results;

namespace OnnxEmbed.Study.Reports;

/// <summary>Writes <c>report.html</c> and the figures beside it.</summary>
internal static class StudyReport
{
    public const string FileName = "report.html";

    /// <summary>Writes the report into a directory.</summary>
    public static void Write(string directory, StudyOptions options, StudyResult result, IReadOnlyList<CellOutcome> outcomes)
    {
        Figure silhouette = StudyFigures.ByFamily(result, "Silhouette by family", "mean silhouette (cosine), test items", model => model.Test.SilhouetteCosine);
        Figure probe = StudyFigures.ByFamily(result, "Probe accuracy by family", "probe accuracy, test items", model => model.Test.ProbeAccuracy, 0.5);
        Figure curve = StudyFigures.GainAgainstStructure(result);
        string figures = Path.Combine(directory, "figures");
        Directory.CreateDirectory(figures);
        Save(figures, "silhouette-by-family", silhouette);
        Save(figures, "probe-by-family", probe);
        Save(figures, "gain-against-structure", curve);

        HtmlPage page = new()
        {
            Title = "How families of embedding models represent number properties",
            Subtitle = $"{options.Preset.Name} study after arXiv:2511.21703: {result.Properties.Count} properties, {result.Seeds.Count} seeds, {StudyFamilies.All.Count} families",
            Footer = $"Made by onnxembed study --preset {options.Preset.Name}. Figures as PNG and SVG lie in figures/, all numbers in {ResultsFile.FileName}.",
            Sections =
            [
                new KeyFiguresSection([.. KeyFigures(result)]),
                new FigureSection(silhouette, "Bars are means over seeds, error bars reach from the least to the greatest seed. Higher is better separated.") { Title = "Separation" },
                new FigureSection(probe, "A logistic probe is fitted on training items and scored on items that share no integer with them. Chance is 0.5.") { Title = "Linear readability" },
                new FigureSection(curve, "Each line goes by SLERP from the frozen decoder (right end, gain 0) to the folded adapter (left end), at t = 0, 0.25, 0.5, 0.75, 1.")
                {
                    Title = "Task gain against retained structure",
                },
                .. ProjectionSections(outcomes, figures),
                FamilyTable(result),
                GainTable(result),
                HiddenInformation(result),
                Families(),
            ],
        };
        File.WriteAllText(Path.Combine(directory, FileName), page.Render(), new UTF8Encoding(false));
    }

    private static void Save(string directory, string name, Figure figure)
    {
        File.WriteAllBytes(Path.Combine(directory, name + ".png"), figure.ToPng());
        File.WriteAllText(Path.Combine(directory, name + ".svg"), figure.ToSvg(), new UTF8Encoding(false));
    }

    /// <summary>Means over the properties: what the adapter gains, what SLERP keeps of it and of the base.</summary>
    private static IEnumerable<KeyFigure> KeyFigures(StudyResult result)
    {
        double lora = MeanGain(result, StudyFamilies.DecoderLora), slerp = MeanGain(result, StudyFamilies.DecoderSlerpBase);
        int gained = result.Gains.Count(gain => gain.Family == StudyFamilies.DecoderLora.Id && gain.Low > 0);
        yield return new KeyFigure(
            "LoRA's gain", Signed(lora), $"above 0 with 95 % confidence on {gained} of {result.Properties.Count} properties",
            "Probe accuracy of decoder + LoRA minus the frozen decoder's, mean over properties.");
        yield return new KeyFigure("SLERP's gain", Signed(slerp), null, "The same for SLERP at t = 0.5 to the base.");
        yield return new KeyFigure("Structure kept by LoRA", Number(MeanCka(result, StudyFamilies.DecoderLora)), null, "Debiased linear CKA to the frozen decoder; 1 is all.");
        yield return new KeyFigure("Structure kept by SLERP", Number(MeanCka(result, StudyFamilies.DecoderSlerpBase)), null, "The same for SLERP at t = 0.5 to the base.");
        yield return new KeyFigure(
            "Largest merged angle", result.Models.Max(model => model.LargestAngleDegrees ?? 0).ToString("F1", CultureInfo.InvariantCulture) + "°", null,
            "Between tensors that were merged. Below about 2° SLERP and averaging are the same to four digits.");
    }

    private static double MeanGain(StudyResult result, StudyFamily family) => result.Gains.Where(gain => gain.Family == family.Id).Average(gain => gain.Mean);

    private static double MeanCka(StudyResult result, StudyFamily family) => result.Models.Where(model => model.Family == family.Id).Average(model => model.BaseCka!.Value);

    private static IEnumerable<ReportSection> ProjectionSections(IReadOnlyList<CellOutcome> outcomes, string figures)
    {
        foreach (CellOutcome outcome in outcomes.Where(outcome => outcome.Cell.Seed == 0))
        {
            AttributeColumn property = AttributeColumn.Categorical(
                StudyFigures.Readable(outcome.Cell.Property), [.. outcome.Test.Labels.Select(label => label == 1 ? "holds" : "does not hold")]);
            List<ScatterPlot> plots = [];
            foreach ((StudyFamily family, Evaluation.Projections.Projection projection, Figure figure) in StudyFigures.Projections(outcome))
            {
                Save(figures, $"projection-{outcome.Cell.Property}-{family.Id}", figure);
                plots.Add(new ScatterPlot(family.Title, projection, [property, .. outcome.Test.Attributes], outcome.Test.Texts));
            }

            yield return new ScatterSection([.. plots])
            {
                Title = $"Projections: {StudyFigures.Readable(outcome.Cell.Property)}",
                Note = "First two principal components of the test items, seed 0. Colour by another attribute to see what else a family arranges its items by.",
            };
        }
    }

    private static TableSection FamilyTable(StudyResult result)
    {
        TableColumn[] columns =
        [
            new("Property"),
            new("Tier") { IsNumber = true, Format = "F0", Note = "1 surface, 2 arithmetic, 3 structural, 4 compositional." },
            new("Family"),
            new("Silhouette") { IsNumber = true, Note = "Cosine, test items; mean over seeds ± standard deviation." },
            new("Davies-Bouldin") { IsNumber = true, Format = "F2", Note = "Euclidean, test items; less is better." },
            new("Probe") { IsNumber = true, Note = "Accuracy on test items; chance is 0.5." },
            new("Probe, other magnitudes") { IsNumber = true, Note = "Accuracy on ood-magnitude items." },
            new("k-means AMI") { IsNumber = true, Note = "Agreement of k-means labels with the property; 0 is chance." },
            new("CKA to base") { IsNumber = true, Note = "Debiased linear CKA to the frozen decoder." },
            new("Mean cosine") { IsNumber = true, Format = "F2", Note = "Near 1 the embeddings fill a narrow cone." },
        ];
        List<IReadOnlyList<TableCell>> rows = [];
        foreach ((string property, int tier) in result.Properties)
        {
            foreach (StudyFamily family in StudyFamilies.All)
            {
                TableCell Cell(Func<ModelMeasures, double> figure, string format = "F3")
                {
                    Spread spread = result.Over(family.Id, property, figure);
                    return new TableCell(null, spread.Mean, "± " + spread.Deviation.ToString(format, CultureInfo.InvariantCulture));
                }

                bool decoder = result.Of(family.Id, property).All(model => model.BaseCka is not null);
                rows.Add(
                [
                    StudyFigures.Readable(property),
                    tier,
                    family.Title,
                    Cell(model => model.Test.SilhouetteCosine),
                    Cell(model => model.Test.DaviesBouldin, "F2"),
                    Cell(model => model.Test.ProbeAccuracy),
                    Cell(model => model.OodMagnitude.ProbeAccuracy),
                    Cell(model => model.Test.KMeans[0].AdjustedMutualInformation),
                    decoder ? Cell(model => model.BaseCka!.Value) : TableCell.Empty,
                    Cell(model => model.MeanCosine, "F2"),
                ]);
            }
        }

        return new TableSection(columns, rows) { Title = "Every family and property" };
    }

    private static TableSection GainTable(StudyResult result)
    {
        TableColumn[] columns =
        [
            new("Family"),
            .. result.Properties.Keys.Select(property => new TableColumn(StudyFigures.Readable(property)) { IsNumber = true, IsHigherBest = true }),
        ];
        List<IReadOnlyList<TableCell>> rows = [];
        foreach (StudyFamily family in StudyFamilies.All.Where(family => family != StudyFamilies.DecoderBase))
        {
            rows.Add(
            [
                family.Title,
                .. result.Properties.Keys.Select(property => result.Gains.First(gain => gain.Family == family.Id && gain.Property == property))
                    .Select(gain => new TableCell(null, gain.Mean, $"[{Signed(gain.Low)}, {Signed(gain.High)}]")),
            ]);
        }

        return new TableSection(columns, rows)
        {
            Title = "Gain over the frozen decoder",
            Note = "Paired difference of probe accuracy on the same test items, seeds averaged, with the 95 % bootstrap interval over generated pairs.",
        };
    }

    /// <summary>What k-means labels agree with beside the property, as mean AMI over properties and seeds.</summary>
    private static TableSection HiddenInformation(StudyResult result)
    {
        string[] attributes = [.. result.Models.SelectMany(model => model.Test.KMeans).Select(agreement => agreement.Attribute).Distinct()];
        TableColumn[] columns =
        [
            new("Family"),
            .. attributes.Select(attribute => new TableColumn(StudyFigures.Readable(attribute)) { IsNumber = true, HeatTo = 0.5 }),
        ];
        List<IReadOnlyList<TableCell>> rows = [];
        foreach (StudyFamily family in StudyFamilies.All)
        {
            ModelMeasures[] models = [.. result.Models.Where(model => model.Family == family.Id)];
            rows.Add(
            [
                family.Title,
                .. attributes.Select(attribute =>
                {
                    AttributeAgreement[] found = [.. models.SelectMany(model => model.Test.KMeans).Where(agreement => agreement.Attribute == attribute)];
                    return found.Length == 0
                        ? TableCell.Empty
                        : new TableCell(null, found.Average(agreement => agreement.AdjustedMutualInformation), $"p < 0.05 in {found.Count(agreement => agreement.PermutationP < 0.05)} of {found.Length}");
                }),
            ]);
        }

        return new TableSection(columns, rows)
        {
            Title = "What else the clusters follow",
            Note = "Adjusted mutual information of k-means labels (k = 2, no labels used) with the property (label) and with every other attribute; mean over properties and seeds.",
        };
    }

    private static TableSection Families() => new(
        [new("Family"), new("In the paper"), new("How it comes about") { IsLong = true }],
        [.. StudyFamilies.All.Select(family => (IReadOnlyList<TableCell>)[family.Title, family.PaperFamily, family.Description])])
    {
        Title = "The families",
    };

    private static string Number(double value) => value.ToString("F3", CultureInfo.InvariantCulture);

    private static string Signed(double value) => value.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture);
}
