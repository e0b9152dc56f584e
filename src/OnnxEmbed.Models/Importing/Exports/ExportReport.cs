namespace OnnxEmbed.Models.Importing.Exports;

/// <summary>What became of an exported graph.</summary>
/// <param name="Inputs">Inputs of the file, each with what it was taken for, such as <c>input.1 = input_ids</c>.</param>
/// <param name="States">The value of the file that gives the hidden states.</param>
/// <param name="Decomposed">Fused operators that were taken apart, with their number.</param>
/// <param name="Quantized">Operators on quantised numbers, with their number; empty for a model in floating point.</param>
/// <param name="Difference">
/// Greatest difference between the file and the package on the same tokens, as a part of the greatest number where that is above 1.
/// </param>
/// <param name="Notes">What was found out about the file, and what the package cannot do.</param>
public sealed record ExportReport(
    IReadOnlyList<string> Inputs,
    string States,
    IReadOnlyDictionary<string, int> Decomposed,
    IReadOnlyDictionary<string, int> Quantized,
    double Difference,
    IReadOnlyList<string> Notes);
