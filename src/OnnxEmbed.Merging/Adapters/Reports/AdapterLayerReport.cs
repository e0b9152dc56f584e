namespace OnnxEmbed.Merging.Adapters.Reports;

/// <summary>How well one layer of a made adapter gives back what it was made of.</summary>
/// <param name="Module">Name of the layer.</param>
/// <param name="Outputs">Rows of B.</param>
/// <param name="Inputs">Columns of A.</param>
/// <param name="Rank">Rank of the result.</param>
/// <param name="Norm">‖ΔW‖ of what was to be given back.</param>
/// <param name="RelativeError">‖ΔW - s·B·A‖ / ‖ΔW‖ with the factors as stored, [0, ∞); 0 where ΔW is 0.</param>
/// <param name="EnergyKept">Share of ‖ΔW‖² that the result holds, [0, 1].</param>
public sealed record AdapterLayerReport(string Module, int Outputs, int Inputs, int Rank, double Norm, double RelativeError,
    double EnergyKept);
