using OnnxEmbed.Study.Results;

namespace OnnxEmbed.Study.Protocol;

/// <summary>What one cell gives.</summary>
/// <param name="Cell">The cell.</param>
/// <param name="Models">Each family's model.</param>
/// <param name="Curve">The way from base to adapter, t rising.</param>
/// <param name="Test">The test items.</param>
internal sealed record CellOutcome(StudyCell Cell, IReadOnlyList<ModelMeasurement> Models, IReadOnlyList<CurvePoint> Curve, StudyItems Test)
{
    public ModelMeasurement Of(string family) => Models.First(model => model.Measures.Family == family);
}
