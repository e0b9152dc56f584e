namespace OnnxEmbed.Data.Numbers;

/// <summary>One file of a suite that was written.</summary>
/// <param name="Property">Name of the property.</param>
/// <param name="Split">The split.</param>
/// <param name="Path">Path below the output directory, with forward slashes.</param>
/// <param name="Rows">Number of sequences.</param>
/// <param name="Positives">Those of them that have the property.</param>
public sealed record NumberSuiteFile(string Property, NumberSplit Split, string Path, int Rows, int Positives);
