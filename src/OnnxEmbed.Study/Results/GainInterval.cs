namespace OnnxEmbed.Study.Results;

/// <summary>Paired difference of probe accuracy on the test items between a family and the frozen decoder, both probed on the same items.</summary>
/// <param name="Family">Short name of the family.</param>
/// <param name="Property">The property.</param>
/// <param name="Mean">Mean difference over items and seeds, [-1, 1].</param>
/// <param name="Low">Lower end of the 95 % bootstrap interval over pairs of items.</param>
/// <param name="High">Upper end.</param>
/// <param name="Pairs">Number of pairs.</param>
public sealed record GainInterval(string Family, string Property, double Mean, double Low, double High, int Pairs);
