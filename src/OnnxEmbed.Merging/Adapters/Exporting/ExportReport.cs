namespace OnnxEmbed.Merging.Adapters.Exporting;

/// <summary>What was written.</summary>
/// <param name="Modules">Adapted layers.</param>
/// <param name="Parameters">Numbers stored for them.</param>
/// <param name="GraphInputs">Inputs that the model got; 0 where none was written.</param>
public sealed record ExportReport(int Modules, long Parameters, int GraphInputs);
