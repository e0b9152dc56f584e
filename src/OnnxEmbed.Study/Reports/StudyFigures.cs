using OnnxEmbed.Evaluation.Figures;
using OnnxEmbed.Evaluation.Projections;
using OnnxEmbed.Evaluation.Statistics;
using OnnxEmbed.Study.Families;
using OnnxEmbed.Study.Protocol;
using OnnxEmbed.Study.Results;

namespace OnnxEmbed.Study.Reports;

/// <summary>The pictures of a study.</summary>
internal static class StudyFigures
{
    /// <summary>A figure of each family, grouped by property; bars are means over seeds, error bars reach from the least to the greatest seed.</summary>
    public static Figure ByFamily(StudyResult result, string title, string axis, Func<ModelMeasures, double> figure, double? baseline = null)
    {
        string[] properties = [.. result.Properties.Keys];
        BarSeries[] series =
        [
            .. StudyFamilies.All.Select(family =>
            {
                Spread[] spreads = [.. properties.Select(property => result.Over(family.Id, property, figure))];
                return new BarSeries(
                    family.Title, [.. spreads.Select(spread => spread.Mean)], [.. spreads.Select(spread => (Interval?)new Interval(spread.Low, spread.High, 1))]);
            }),
        ];
        return BarFigure.Draw(title, axis, [.. properties.Select(Readable)], series, baseline);
    }

    /// <summary>Task gain against retained base structure on the way from base (right) to adapter (left), a line for each property.</summary>
    public static Figure GainAgainstStructure(StudyResult result)
    {
        List<CurveSeries> series = [];
        foreach (string property in result.Properties.Keys)
        {
            var steps = result.Curve.Where(point => point.Property == property).GroupBy(point => point.T).OrderBy(step => step.Key).ToArray();
            series.Add(new CurveSeries(
                Readable(property), [.. steps.Select(step => step.Average(point => point.BaseCka))], [.. steps.Select(step => step.Average(point => point.ProbeGain))]));
        }

        return CurveFigure.Draw(
            "What SLERP to the base keeps", "retained base structure (debiased CKA to the frozen decoder)", "gain in probe accuracy over the frozen decoder",
            series, 0, "frozen decoder");
    }

    /// <summary>First two principal components of the test items for each family, for the first seed of a property.</summary>
    public static IReadOnlyList<(StudyFamily Family, Projection Projection, Figure Figure)> Projections(CellOutcome outcome) =>
    [
        .. StudyFamilies.All.Select(family =>
        {
            Projection projection = Pca.Project(outcome.Of(family.Id).TestEmbeddings, 2, degree: 1);
            return (family, projection, ScatterFigure.Draw(family.Title, projection, outcome.Test.Labels, ["does not hold", "holds"]));
        }),
    ];

    /// <summary>The name of a property or attribute as words.</summary>
    public static string Readable(string name) => name.Replace('_', ' ');
}
