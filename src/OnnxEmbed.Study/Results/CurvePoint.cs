namespace OnnxEmbed.Study.Results;

/// <summary>One step on the way from the base (t = 0) to the folded adapter (t = 1) by SLERP.</summary>
/// <param name="Property">The property.</param>
/// <param name="Seed">Seed of the training.</param>
/// <param name="T">Place on the way, [0, 1].</param>
/// <param name="ProbeAccuracy">Probe accuracy on the test split, [0, 1].</param>
/// <param name="ProbeGain">That accuracy minus the frozen decoder's.</param>
/// <param name="BaseCka">Debiased linear CKA to the frozen decoder's embeddings.</param>
public sealed record CurvePoint(string Property, int Seed, double T, double ProbeAccuracy, double ProbeGain, double BaseCka);
